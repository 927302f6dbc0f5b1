"""From Home to a started job with the keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.services.jobs import lifecycle
from tests.browser.conftest import Open
from tests.browser.wizard import start_studio

pytestmark = pytest.mark.browser

MOST_TABS = 80


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the element has the focus, and see that the focus is shown."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{selector} was not reached by {MOST_TABS} tabs")


def choose(page: Any, group: str, wanted: str) -> None:
    """Move into a group of cards, and with the arrows to the wanted one."""
    tab_to(page, f"{group} [role=radio]")
    for _ in range(page.locator(f"{group} [role=radio]").count()):
        if page.evaluate("wanted => document.activeElement.innerText.includes(wanted)", wanted):
            page.keyboard.press("Space")
            break
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-checked')") == "true"
    assert page.evaluate("wanted => document.activeElement.innerText.includes(wanted)", wanted)


def go_on(page: Any, to: str) -> None:
    """Press the button that leads to the next step; the focus is on its heading then."""
    tab_to(page, "#train-next")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-step={to}]")
    assert page.evaluate("document.activeElement.id") == "train-heading"


def test_skip_to_content_stays_on_the_page(visit: Open) -> None:
    page = visit().open("/en/models")
    page.wait_for_selector(".ts-page")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "ts-skip"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'ts-main'")
    assert page.url.endswith("/en/models#ts-main")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('#ts-main'))")


def test_a_job_is_started_from_home_without_a_mouse(visit: Open, tmp_path: Path) -> None:
    with start_studio(tmp_path / "home") as (server, ctx):
        page = visit(at=server).open("/en/")
        page.wait_for_selector(".home")
        tab_to(page, ".ts-rail [data-page=train]")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-step=model]")
        choose(page, "[data-step=model]", "Tiny")
        go_on(page, "data")
        tab_to(page, ".train-objectives [role=radio]")
        choose(page, "[data-step=data] > .ts-stack:not(.train-objectives)", "Words")
        go_on(page, "budget")
        page.wait_for_selector(".train-offer[aria-checked=true]")
        go_on(page, "method")
        choose(page, ".train-methods", "LoRA")
        go_on(page, "review")
        page.wait_for_selector(".train-estimate:not(.stale) #train-start:enabled")
        tab_to(page, "#train-start")
        page.keyboard.press("Enter")
        page.wait_for_url("**/en/jobs?job=*")
        page.wait_for_selector("#ts-main h1")
        (job,) = lifecycle.list_jobs(ctx)
        assert (job["method"], page.url.endswith(f"job={job['id']}")) == ("lora", True)
        lifecycle.cancel_job(ctx, job["id"])
