"""Recipes of several jobs in a real browser: from the form to a run whose second stage waits, is held, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.context import Context
from engine.services.recipes.views import recipe_run
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.tiny import add_dataset, add_model, chat_rows

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Context]]:
    """A server whose home holds a tiny model, answers to imitate, and pairs."""
    home = tmp_path_factory.mktemp("recipe") / "home"
    ctx = new_home(home)
    add_model(ctx)
    worse = {"role": "assistant", "content": "Tell me about it."}
    asked = [row["messages"] for row in chat_rows(16, seed=2)]
    add_dataset(ctx, [{"prompt": [one], "chosen": [two], "rejected": [worse]} for one, two in asked], name="Pairs")
    add_dataset(ctx, chat_rows(400), name="Answers")
    with start_server(home) as server:
        yield server, ctx
    ctx.db.close()


def _data(page: Any, stage: str) -> str:
    return str(page.eval_on_selector(f"#recipe-{stage}-data", "one => one.selectedOptions[0].textContent"))


def test_from_the_form_to_a_run_that_is_stopped_and_goes_on(visit: Open, studio: tuple[Server, Context]) -> None:
    server, ctx = studio
    tab = visit(at=server, size=PHONE)
    page = tab.open("/en/jobs?recipe=new")
    page.wait_for_selector("#recipe-start:enabled")
    assert ("Answers" in _data(page, "sft"), "Pairs" in _data(page, "preference")) == (True, True)
    assert "Goes on with the weights of" in page.inner_text("[data-stage=preference]")
    page.evaluate("document.querySelector('#recipe-sft-own-fold').open = true")
    page.fill("#recipe-sft-own-epochs", "-1")
    page.fill("#recipe-name", "Twice")
    page.click("#recipe-start")
    page.wait_for_selector("[data-stage=sft] .ts-error:not(:empty)")
    page.fill("#recipe-sft-own-epochs", "40")
    page.wait_for_function("document.querySelector('.recipe-foot').textContent.includes('Altogether')")
    assert tab.violations() == []
    page.wait_for_selector("#recipe-start:enabled")
    page.click("#recipe-start")
    page.wait_for_url("**/en/jobs?recipe=*")
    page.wait_for_selector("li[data-stage=preference][data-state=queued]")
    assert "Waits for “Twice · Imitate good answers”" in page.inner_text("li[data-stage=preference]")
    run = int(page.url.split("=")[-1])
    page.wait_for_selector("li[data-stage=sft][data-state=running]", timeout=60_000)
    page.click("li[data-stage=sft] a")
    page.wait_for_selector(f"#job-stage-{run}")
    page.click(f"#job-stage-{run}")
    page.click("#recipe-stop")
    page.click("dialog .ts-btn.danger")
    page.wait_for_selector("#recipe-go-on-preference", timeout=60_000)
    page.click("#recipe-go-on-preference")
    page.wait_for_selector("#recipe-go-on-preference", state="detached")
    assert tab.violations() == []
    tab.assert_clean()
    states = [one["job"]["status"] for one in recipe_run(ctx, run)["stages"] if one["job"]]
    assert states[0] != "queued"
    assert states[1] in ("queued", "starting", "running")
