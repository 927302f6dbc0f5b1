"""What a model should learn from: data sets lead to the objective that suits them, and what does not fit has a way out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.core.text import catalogue
from engine.objectives import DPO, KTO, ORPO
from engine.services.data import datasets, imports, sources
from engine.services.jobs import lifecycle
from tests.browser.wizard import Studio, data_card, planned, start_studio
from tests.tiny import WORDS
from tests.workers import wait_until

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
PHONE = {"width": 390, "height": 844}


def add_rows(studio: Studio, name: str, rows: list[dict[str, Any]]) -> int:
    ctx = studio[1]
    made = sources.add_text(ctx, "\n".join(json.dumps(row) for row in rows), name)
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"])
    return made


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server with a tiny model, a chat data set, pairs and thumbs."""
    with start_studio(tmp_path_factory.mktemp("sources") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def pairs(studio: Studio) -> int:
    rows = [{"prompt": f"What is {w}?", "chosen": f"It is {w}.", "rejected": f"{w} {w} {w}"} for w in WORDS[:20]]
    return add_rows(studio, "Better answers", rows)


@pytest.fixture(scope="module")
def thumbs(studio: Studio) -> int:
    rows = [
        {"prompt": f"What is {w}?", "completion": f"It is {w}.", "label": n % 2 == 0} for n, w in enumerate(WORDS[:20])
    ]
    return add_rows(studio, "Thumbs", rows)


def test_pairs_lead_to_a_plan_for_them_and_to_a_job_with_its_curves(visit: Open, studio: Studio, pairs: int) -> None:
    server, ctx = studio
    tab = visit(at=server)
    page = tab.open(f"/en/data?dataset={pairs}")
    page.click(f"a[href*='train?dataset={pairs}']")
    page.wait_for_selector("[data-step=data]")
    assert page.get_attribute(".train-objectives [data-value=pairs]", "aria-checked") == "true"
    assert page.get_attribute(".train-objectives [data-value=dpo]", "aria-checked") == "true"
    assert DPO.help.in_("en") in page.inner_text(".train-objectives")
    assert page.locator(".train-others li").count() >= 1
    page.click("#train-step-budget")
    page.wait_for_selector(".train-offer[aria-checked=true]")
    page.click("#train-step-data")
    page.wait_for_selector("[data-step=data] .train-others")
    planned(page)
    assert tab.violations() == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.click("#train-step-method")
    page.wait_for_selector("#training-beta")
    planned(page)
    rate = float(page.input_value("#training-learning_rate"))
    page.fill("#training-epochs", "1")
    page.fill("#training-batch_size", "4")
    page.click("#train-step-review")
    assert DPO.label.in_("en") in page.inner_text(".train-summary")
    planned(page)
    page.click("#train-start")
    page.wait_for_url("**/en/jobs?job=*")
    job = max(lifecycle.list_jobs(ctx), key=lambda one: one["id"])
    assert (job["spec"]["objective"], job["spec"]["training"]["learning_rate"]) == ("dpo", rate)
    wait_until(lambda: lifecycle.job_view(ctx, job["id"])["status"] == "succeeded", 90)
    page.wait_for_selector("[data-section=learns] .ts-chart")
    assert page.locator("[data-section=start] .ts-chart").count() == 1  # better and worse answers together
    page.wait_for_selector(".job-headline:has-text('validation pairs')")
    assert DPO.label.in_("en") in page.inner_text(".job-head")
    assert tab.violations() == []
    page.goto(server.url + "/en/jobs")
    page.wait_for_selector(f".job-row[data-job] .job-facts:has-text('{DPO.label.in_('en')}')")


def test_thumbs_lead_to_their_objective_and_refused_methods_to_what_works(
    visit: Open, studio: Studio, pairs: int, thumbs: int
) -> None:
    server, _ctx = studio
    page = visit(at=server).open(f"/en/train?dataset={thumbs}&model=1")
    page.wait_for_selector(".train-objectives [data-value=kto][aria-checked=true]")
    page.wait_for_selector("#train-start:enabled")
    page.click(".train-objectives [data-value=pairs]")
    page.click(data_card("Better answers"))
    page.wait_for_selector(".train-objectives [data-value=dpo][aria-checked=true]")
    assert page.get_attribute("[role=radio][aria-label='Better answers']", "aria-checked") == "true"
    page.click("#train-step-method")
    page.click("#train-all-methods")
    page.click("#choice-prompt_tuning")
    page.wait_for_selector(".train-wrong [data-mend=method] .train-mend")
    other = catalogue("en")["train.mend.objective"].format(objective=ORPO.label.in_("en"))
    page.click(f".train-wrong .train-mend:has-text('{other}')")
    page.wait_for_selector(".train-wrong:empty", state="attached")
    planned(page)
    page.click("#train-step-data")
    page.wait_for_selector(".train-objectives [data-value=orpo][aria-checked=true]")
    page.click(".train-objectives [data-value=kto]")
    page.wait_for_selector(f".train-objectives:has-text('{KTO.help.in_('en')[:40]}')")
