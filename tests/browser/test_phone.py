"""What comes first on a phone, what is folded, and what is cut; and dialogs that say what their buttons do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context, open_context
from engine.core.settings import Settings
from engine.methods import METHODS
from tests.browser import seeds
from tests.browser.conftest import DESKTOP, PHONE, Open, Server, start_server
from webui.i18n import t

pytestmark = pytest.mark.browser

BAR = 62  # the navigation at the foot


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Context, dict[str, int]]]:
    """A server with a job that runs and one that is done."""
    home = tmp_path_factory.mktemp("phone") / "home"
    ctx = open_context(Settings(home=home, offline=True), upgrade=True)
    inputs = seeds.add_inputs(ctx)
    with seeds.sleeper() as worker:
        jobs = {
            "done": seeds.add_job(ctx, inputs, "Done one", "succeeded", position=1, started_at=1.0, finished_at=2.0),
            "live": seeds.add_job(
                ctx, inputs, "Live one", "running", position=2, step=20, total_steps=60, **seeds.alive(worker)
            ),
        }
        with start_server(home) as server:
            yield server, ctx, jobs
    ctx.db.close()


def in_view(page: Any, selector: str) -> bool:
    """Whether all of it is to be seen above the navigation without scrolling."""
    box = page.locator(selector).first.bounding_box()
    return bool(box and box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"] - BAR)


def test_a_running_job_is_above_the_fold_of_home(visit: Open, house: Any) -> None:
    tab = visit(at=house[0], size=PHONE)
    page = tab.open("/en/")
    page.wait_for_selector(".home-running")
    assert in_view(page, ".home-running")
    assert tab.violations() == []


def test_the_main_action_of_a_data_set_comes_first_and_tabs_show_that_there_are_more(visit: Open, house: Any) -> None:
    page = visit(at=house[0], size=PHONE).open("/en/data?dataset=1")
    page.wait_for_selector(".ts-tabs")
    actions = page.locator(".ts-head .ts-row:not(.data-name) > *")
    assert "primary" in actions.first.get_attribute("class")
    assert in_view(page, ".ts-head .primary")
    bar = page.locator(".ts-tabs")
    assert bar.evaluate("bar => bar.scrollWidth > bar.clientWidth")
    assert (
        bar.evaluate("bar => getComputedStyle(bar).backgroundAttachment").split(", ") == ["local"] * 2 + ["scroll"] * 2
    )
    last = page.locator(".ts-tabs > *").last
    page.focus("#data-tab-overview")
    page.keyboard.press("ArrowLeft")
    assert last.get_attribute("aria-selected") == "true"
    page.wait_for_function(
        "() => { const box = document.querySelector('.ts-tabs > :last-child').getBoundingClientRect();"
        " return box.left >= 0 && box.right <= innerWidth; }"
    )


def test_long_rows_are_cut_in_a_preview_until_they_are_asked_for(visit: Open, house: Any, tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    asked = [{"role": "user", "content": "What? " * 900}, {"role": "assistant", "content": "That. " * 900}]
    file.write_text("\n".join(json.dumps({"messages": asked}) for _ in range(9)), encoding="utf-8")
    tab = visit(at=house[0], size=PHONE)
    page = tab.open("/en/data")
    page.set_input_files("#data-file", str(file))
    page.wait_for_selector(".data-preview .data-row")
    rows = page.locator(".data-preview .data-row")
    assert rows.count() == 3
    more = rows.first.locator(".ts-clip-more")
    more.wait_for()
    assert page.locator(".data-preview").evaluate("one => one.offsetHeight") < 1200
    before = rows.first.evaluate("one => one.offsetHeight")
    assert (more.inner_text(), more.get_attribute("aria-expanded")) == (t("en", "common.show_all"), "false")
    more.click()
    assert rows.first.evaluate("one => one.offsetHeight") > 3 * before
    assert (more.inner_text(), more.get_attribute("aria-expanded")) == (t("en", "common.show_less"), "true")
    more.click()
    assert rows.first.evaluate("one => one.offsetHeight") == before
    assert tab.violations() == []


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("zh", "light")])
def test_the_learn_page_folds_its_cards_and_links_open_them(visit: Open, house: Any, lang: str, scheme: str) -> None:
    tab = visit(at=house[0], size=PHONE, scheme=scheme)
    page = tab.open(f"/{lang}/learn")
    page.wait_for_selector(".learn-card")
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollHeight") < 11000
    method = METHODS[3].key
    assert page.locator(f"#{method} .learn-card-body").is_hidden()
    assert tab.violations() == []
    page.click(f"#{method} .learn-fold > summary")
    assert page.locator(f"#{method} .learn-card-body").is_visible()
    for anchor, within in (("lora", ".learn-card-body"), ("term-lora", "dd"), ("learn-myths", ".learn-myth")):
        page.goto(f"{tab.url}/{lang}/")
        tab.open(f"/{lang}/learn#{anchor}")
        page.wait_for_selector(f"#{anchor} {within} >> nth=0" if anchor != "learn-myths" else f"#{anchor} summary")
        if anchor != "learn-myths":
            assert in_view(page, f"#{anchor} :is(dt, h4)")


def test_a_wide_window_folds_nothing_of_the_learn_page(visit: Open, house: Any) -> None:
    page = visit(at=house[0], size=DESKTOP).open("/en/learn")
    page.wait_for_selector(".learn-card")
    assert page.locator(".learn-fold:not([open])").count() == 0
    assert page.locator(".learn-fold > summary:visible").count() == 0
    page.set_viewport_size(PHONE)
    page.wait_for_selector(".learn-fold:not([open]) > summary")


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("zh", "dark")])
def test_the_question_before_a_job_is_discarded(visit: Open, house: Any, lang: str, scheme: str) -> None:
    """Its buttons say what they do, and no strip of the page stays bright beside it."""
    tab = visit(at=house[0], scheme=scheme)
    page = tab.open(f"/{lang}/jobs?job={house[2]['live']}")
    page.click(f"#ts-main button:has-text('{t(lang, 'jobs.cancel.do')}')")
    buttons = page.locator(".ts-dialog-actions button")
    assert buttons.all_inner_texts() == [t(lang, "jobs.cancel.keep"), t(lang, "jobs.cancel.sure")]
    assert page.evaluate("document.activeElement.textContent") == t(lang, "jobs.cancel.keep")
    root = "getComputedStyle(document.documentElement)"
    assert page.evaluate(f"{root}.overflowY") == "hidden"
    assert page.evaluate(f"{root}.backgroundColor !== getComputedStyle(document.body).backgroundColor")
    assert page.evaluate(f"{root}.colorScheme") == scheme
    assert tab.violations() == []
    buttons.first.click()
    page.wait_for_selector(".ts-dialog", state="detached")
    assert page.locator("#ts-main .job-badge[data-status=running]").count() >= 1
