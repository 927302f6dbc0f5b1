"""The way through the wizard in a real browser: back and forward, reasons, settings used again, drafts of two browsers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.services.jobs import lifecycle
from tests.browser.conftest import PHONE, Open
from tests.browser.wizard import STEPS, Studio, choose, data_card, open_wizard, planned, start_studio
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server whose home holds a tiny model and a small data set."""
    with start_studio(tmp_path_factory.mktemp("way") / "home") as running:
        yield running


@pytest.fixture
def wizard(visit: Open, studio: Studio) -> Any:
    """The Train page with a fresh draft, on its first step."""
    tab = visit(at=studio[0])
    open_wizard(tab)
    return tab.page


def at(page: Any, step: str) -> None:
    """Wait until the step is shown, in the page and in the address."""
    page.wait_for_selector(f"[data-step={step}]")
    assert page.url.endswith(f"/en/train?step={step}")
    assert page.locator(".train-bar [aria-current=step]").get_attribute("id") == f"train-step-{step}"


def test_back_and_forward_go_step_by_step_and_a_refresh_stays(wizard: Any, studio: Studio) -> None:
    page = wizard
    at(page, "model")
    choose(page)
    for step in reversed(STEPS[:-1]):
        page.go_back()
        at(page, step)
    page.go_forward()
    page.go_forward()
    at(page, "budget")
    page.reload()
    at(page, "budget")
    page.go_back()
    at(page, "data")
    page.click(".ts-rail [data-page=home]")
    page.wait_for_selector(".home")
    page.go_back()
    at(page, "data")
    page.go_forward()
    page.wait_for_selector(".home")


def test_a_step_of_the_address_that_is_not_open_yet_is_not_shown(wizard: Any, studio: Studio) -> None:
    page = wizard
    page.goto(f"{studio[0].url}/en/train?step=review")
    at(page, "model")
    page.goto(f"{studio[0].url}/en/train?step=nowhere")
    at(page, "model")


def test_after_the_start_back_leads_to_an_empty_wizard(wizard: Any, studio: Studio) -> None:
    page = wizard
    choose(page)
    planned(page)
    page.click("#train-start")
    page.wait_for_url("**/en/jobs?job=*")
    lifecycle.cancel_job(studio[1], max(job["id"] for job in lifecycle.list_jobs(studio[1])))
    page.go_back()
    at(page, "model")


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_a_start_that_is_not_possible_says_why_and_leads_there(visit: Open, studio: Studio, size: Any) -> None:
    tab = visit(at=studio[0], **({"size": size} if size else {}))
    open_wizard(tab)
    page = tab.page
    start, why = ("#train-start-small", "#train-why-small") if size else ("#train-start", "#train-why")
    assert page.locator(start).is_disabled()
    assert page.get_attribute(start, "aria-describedby") == why[1:]
    assert t("en", "train.why.data") in page.inner_text(why)
    page.locator(f"{why} a").click()
    at(page, "data")
    assert t("en", "train.why.data") in page.inner_text("#train-why-next")
    assert page.get_attribute("#train-next", "aria-describedby") == "train-why-next"
    page.click(data_card("Words"))
    page.wait_for_selector(f"{start}:enabled")
    assert page.locator(why).is_hidden()
    assert page.locator("#train-why-next").is_hidden()


def test_on_a_phone_each_step_has_its_name_and_its_choice_in_full(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio[0], size=PHONE)
    for lang in ("en", "zh"):
        open_wizard(tab, f"/{lang}/train")
        page = tab.page
        page.click(data_card("Tiny"))
        for step in STEPS:
            name = page.locator(f"#train-step-{step} .step-name")
            box = name.bounding_box()
            assert name.inner_text() == t(lang, f"train.step.{step}")
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert name.evaluate("one => one.scrollWidth <= one.clientWidth"), f"{step} is cut"
        button = page.locator("#train-step-model")
        assert button.get_attribute("title") == f"{t(lang, 'train.step.model')}: Tiny"
        assert "Tiny" in button.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_settings_used_again_open_a_short_review_with_what_is_special(wizard: Any, studio: Studio) -> None:
    page = wizard
    choose(page, "method")
    page.fill("#method-rank", "24")
    page.fill("#training-max_length", "96")
    page.click("#train-step-review")
    page.fill("#train-name", "First of its kind")
    planned(page)
    page.click("#train-start")
    page.wait_for_url("**/en/jobs?job=*")
    job = max(lifecycle.list_jobs(studio[1]), key=lambda one: one["id"])
    lifecycle.cancel_job(studio[1], job["id"])
    page.goto(f"{studio[0].url}/en/train?from_job={job['id']}")
    at(page, "review")
    special = page.locator(".train-again")
    assert t("en", "train.again.title", name="First of its kind") in special.inner_text()
    shown = special.locator(".train-differs > div").all_inner_texts()
    assert any("24" in one and t("en", "train.again.default", value="16") in one for one in shown)
    assert any("96" in one for one in shown)
    assert len(shown) == 2
    assert page.locator("#train-prompts").is_hidden()
    page.click(".train-rest > summary")
    page.wait_for_selector("#train-prompts")
    page.wait_for_selector(".train-tokens .trained")
    page.reload()
    at(page, "review")
    assert special.count() == 1
    planned(page)
    assert page.locator("#train-start").is_enabled()


def test_two_browsers_do_not_write_into_one_form(visit: Open, studio: Studio) -> None:
    one, other = visit(at=studio[0]), visit(at=studio[0])
    open_wizard(one)
    choose(one.page, "method")
    one.page.fill("#method-rank", "24")
    one.page.wait_for_timeout(800)
    open_wizard(other, fresh=False)
    at(other.page, "model")
    other.page.click(data_card("Tiny"))
    other.page.wait_for_timeout(800)
    one.page.reload()
    at(one.page, "method")
    assert one.page.input_value("#method-rank") == "24"
