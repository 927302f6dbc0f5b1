"""From a budget to a started plan in a real browser: plans that fit, nothing that fits, hardware that is not here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.services.jobs import lifecycle
from engine.services.planning import estimates, plan_search
from tests.browser.conftest import PHONE, Open
from tests.browser.wizard import Studio, choose, open_wizard, planned, start_studio
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server whose home holds a tiny model and a small data set."""
    with start_studio(tmp_path_factory.mktemp("plan") / "home") as running:
        yield running


@pytest.fixture
def budget(visit: Open, studio: Studio) -> Any:
    """The budget step of a fresh draft, with its plans."""
    tab = visit(at=studio[0])
    open_wizard(tab)
    choose(tab.page, "budget")
    tab.page.wait_for_selector(".train-offer")
    return tab.page


def settle(page: Any) -> None:
    """Wait until plans and estimate belong to what was typed."""
    page.wait_for_timeout(400)
    page.wait_for_selector(".train-offers [aria-busy=false]")
    planned(page)


def asked(studio: Studio, **budget: Any) -> dict[str, Any]:
    """The wizard's raw spec with a budget, before anything else is chosen."""
    return {"base_model": 1, "dataset": 1, "method": "lora", "budget": budget}


def test_from_a_budget_to_a_started_plan(budget: Any, studio: Studio) -> None:
    _, ctx = studio
    page = budget
    limit = plan_search.offers(ctx, asked(studio))["offers"][0]["memory"]["total_mb"] + 50
    page.fill("#train-memory_mb", str(limit / 1000))
    page.fill("#train-minutes", "10")
    page.click("#choice-smallest")
    settle(page)
    best = plan_search.offers(ctx, asked(studio, memory_mb=limit, minutes=10, goal="smallest"))["offers"][0]
    card = page.locator(f"#offer-{best['key']}")
    assert card.get_attribute("aria-checked") == "true"
    assert t("en", "train.offers.best") in card.inner_text()
    assert "over" not in (page.get_attribute(".estimate-bar", "class") or "")
    page.click("#train-start")
    page.wait_for_url("**/en/jobs?job=*")
    spec = lifecycle.job_view(ctx, max(job["id"] for job in lifecycle.list_jobs(ctx)))["spec"]
    lifecycle.cancel_job(ctx, int(page.url.rsplit("=", 1)[1]))
    assert spec["method"] == best["method"]
    assert (spec["budget"]["memory_mb"], spec["budget"]["minutes"], spec["budget"]["goal"]) == (limit, 10, "smallest")
    for field, value in best["changes"].items():
        area, _, key = field.partition(".")
        if key:
            assert spec["training" if area == "training" else "method_params"][key] == value, field
    assert estimates.plan(ctx, spec)["memory"]["total_mb"] == best["memory"]["total_mb"]


def test_a_picked_plan_fills_the_form_and_own_settings_are_replaced_only_by_picking(budget: Any) -> None:
    page = budget
    second = page.locator(".train-offer").nth(1).get_attribute("id")
    page.click(f"#{second}")
    settle(page)
    page.click("#train-step-method")
    page.fill("#training-max_length", "40")
    page.click("#train-step-budget")
    page.wait_for_selector("#offer-own[aria-checked=true]")
    page.fill("#train-minutes", "30")
    settle(page)
    assert page.get_attribute("#offer-own", "aria-checked") == "true"
    page.click(f"#{second}")
    page.wait_for_selector(f"#{second}[aria-checked=true]")
    page.click("#offer-own")
    page.click("#train-step-method")
    assert page.input_value("#training-max_length") == "40"


def test_nothing_fits_and_a_button_makes_it_fit(budget: Any) -> None:
    page = budget
    page.fill("#train-memory_mb", "0.01")
    page.wait_for_selector("#train-offer-change")
    page.click("#train-offer-change")
    page.wait_for_selector(".train-offer[aria-checked=true]")
    settle(page)
    assert float(page.input_value("#train-memory_mb")) > 0.01
    assert page.locator(".estimate-verdict .good").count() == 1


def test_hardware_that_is_not_here_is_planned_for_and_cannot_be_started(budget: Any, studio: Studio) -> None:
    page = budget
    page.click("[data-value=planned]")
    page.fill("#train-device-search", "4090")
    page.click("#shelf-rtx-4090")
    settle(page)
    assert not page.locator("#train-start").is_visible()
    assert "RTX 4090" in page.inner_text("#train-planned-only")
    assert page.locator(".train-offer[aria-checked=true]").count() == 1
    page.reload()
    page.wait_for_selector("#shelf-rtx-4090[aria-checked=true]")
    page.click("#choice-auto")
    planned(page)
    page.wait_for_selector("#train-start:enabled")


def test_each_part_of_the_estimate_explains_itself(budget: Any) -> None:
    page = budget
    planned(page)
    row = page.locator(".estimate-rows > li").first
    key = row.get_attribute("data-part")
    row.locator("summary").first.click()
    assert t("en", f"plan.memory.{key}.means") in row.inner_text()
    row.locator(".part-formula > summary").click()
    assert row.locator("code").inner_text().strip()
    page.focus(".estimate-rows > li:nth-child(2) summary")
    assert t(
        "en", f"plan.memory.{page.get_attribute('.estimate-rows > li:nth-child(2)', 'data-part')}"
    ) in page.inner_text(".estimate-hint")


def test_a_dry_run_is_kept_with_its_settings_and_goes_stale(budget: Any) -> None:
    page = budget
    page.click("#train-step-review")
    page.click("#train-check")
    page.wait_for_selector("[data-check=check] .check-result", timeout=180_000)
    page.reload()
    page.wait_for_selector("[data-check=check] .check-result")
    page.wait_for_selector(".estimate-checked p")
    page.click("#train-step-method")
    page.click("#choice-lora")
    page.fill("#method-rank", "3")
    planned(page)
    assert page.locator(".estimate-checked p").count() == 0
    page.click("#train-step-review")
    page.wait_for_selector("[data-check=check] .check-stale")


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "dark")])
def test_axe_finds_nothing_in_the_catalogue_and_the_checks(visit: Open, studio: Studio, lang: str, scheme: str) -> None:
    tab = visit(at=studio[0], scheme=scheme, size=PHONE)
    open_wizard(tab, f"/{lang}/train")
    choose(tab.page, "budget")
    tab.page.click("[data-value=planned]")
    tab.page.click(".estimate-toggle")
    settle(tab.page)
    tab.page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    tab.page.wait_for_timeout(300)
    assert tab.violations() == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.assert_clean()
