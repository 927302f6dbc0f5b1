"""The Compare page in a real browser: from the form to the finished leaderboard, with real training of a tiny model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.core.context import Context
from engine.services.comparisons import views
from engine.services.jobs import lifecycle
from storage.tables import Draft
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.tiny import add_dataset, add_model
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Context]]:
    """A server whose home holds a tiny model and a small data set."""
    home = tmp_path_factory.mktemp("compare") / "home"
    ctx = new_home(home)
    add_model(ctx)
    add_dataset(ctx)
    with start_server(home) as server:
        yield server, ctx
    ctx.db.close()


def _choose(page: Any, *keys: str) -> None:
    """Exactly these entrants."""
    page.evaluate("document.querySelector('#compare-all').open = true")
    for box in page.locator(".compare-pick input").all():
        box.set_checked(box.get_attribute("id").removeprefix("compare-entrant-") in keys)


def test_from_the_form_to_the_finished_leaderboard(visit: Open, studio: tuple[Server, Context], tmp_path: Path) -> None:
    server, ctx = studio
    tab = visit(at=server)
    page = tab.open("/en/train")
    page.click("#train-compare")
    page.wait_for_selector("#compare-start")
    _choose(page)
    page.wait_for_selector("#compare-start:disabled")
    _choose(page, "lora", "full")
    page.fill("#shared-epochs", "2")
    page.fill("#shared-scored_answers", "3")
    page.fill("#compare-name", "Words, two ways")
    page.wait_for_selector("#compare-start:enabled")
    page.wait_for_function("document.querySelector('.compare-estimate dl').textContent.includes('Jobs2')")
    page.click("#compare-start")
    page.wait_for_url("**/en/compare?comparison=*")
    page.wait_for_selector("tr[data-entrant=full]")
    made = views.list_comparisons(ctx)[0]
    assert (made["name"], [one["key"] for one in made["entrants"]]) == ("Words, two ways", ["lora", "full"])

    page.wait_for_selector("#compare-stop", state="detached", timeout=120_000)
    page.wait_for_selector(".compare-answer >> nth=2")  # the last one's answers come a call after its end
    rows = {key: page.locator(f"tr[data-entrant={key}] td").all_inner_texts() for key in ("base", "lora", "full")}
    assert all(texts[0][0].isdigit() or "\n" in texts[0] for texts in rows.values()), rows
    assert "base model has" in page.inner_text(".compare-lead")
    assert page.locator("td.best").count() >= 1
    assert page.locator(".compare-answer").count() == 3

    page.click("#compare-sort-trained")
    assert page.locator("tbody tr").first.get_attribute("data-entrant") == "base"
    page.click("#compare-sort-trained")
    assert page.locator("tbody tr").first.get_attribute("data-entrant") == "full"
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.click("#compare-line-full")
    assert page.get_attribute("#compare-line-full", "aria-pressed") == "false"
    with page.expect_download() as saved:
        page.click("#compare-csv")
    assert saved.value.suggested_filename == "Words-two-ways.csv"
    assert "lora" in Path(saved.value.path()).read_text(encoding="utf-8")
    assert tab.violations() == []
    tab.assert_clean()


def test_one_more_seed_stopping_and_the_way_back(visit: Open, studio: tuple[Server, Context]) -> None:
    server, ctx = studio
    lane = lifecycle.list_jobs(ctx)[0]["comparison_id"]
    tab = visit(at=server)
    page = tab.open(f"/en/compare?comparison={lane}")
    page.click("#compare-seed")
    page.wait_for_selector("#compare-stop")
    page.click("#compare-stop")
    page.click("dialog .ts-btn.danger")
    page.wait_for_selector("#compare-stop", state="detached", timeout=60_000)
    page.wait_for_selector("[id^=compare-again-], .compare-spread")
    page.goto(f"{server.url}/en/jobs")
    page.click(".job-compared >> nth=0")
    page.wait_for_url("**/en/compare?comparison=*")
    page.click("#compare-delete")
    page.click("dialog .ts-btn.danger")
    page.wait_for_selector(".ts-empty")
    assert views.list_comparisons(ctx) == []
    assert len(lifecycle.list_jobs(ctx)) == 4
    tab.assert_clean()


def test_a_number_beyond_all_fields_and_a_broken_draft_leave_the_form_usable(
    visit: Open, studio: tuple[Server, Context]
) -> None:
    server, ctx = studio
    page = visit(at=server).open("/en/compare?new=1")
    page.wait_for_selector("#compare-start")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.fill("#shared-max_length", "1" + "0" * 20)
    page.wait_for_selector("#shared-max_length[aria-invalid=true]")
    page.wait_for_timeout(600)  # until it is saved
    page.reload()
    page.wait_for_selector("#shared-max_length[aria-invalid=true]", state="attached")
    assert page.input_value("#shared-max_length") == "1" + "0" * 20
    with ctx.db.write() as session:
        session.execute(update(Draft).values(data={"chosen": 5}))
    page.reload()
    page.wait_for_selector(f"text={t('en', 'error.draft.set_aside')}")
    page.wait_for_selector("#compare-start:enabled")


def test_the_form_on_a_phone_in_chinese_and_the_dark(visit: Open, studio: tuple[Server, Context]) -> None:
    tab = visit(at=studio[0], size=PHONE, scheme="dark")
    page = tab.open("/zh/compare?new=1")
    page.wait_for_selector("#compare-start")
    page.fill("#shared-seeds", "9")
    page.wait_for_selector("#shared-seeds[aria-invalid=true]")
    page.fill("#shared-seeds", "1")
    page.select_option("#shared-held", "time")
    page.wait_for_selector("#shared-minutes")
    assert not page.is_visible("#shared-epochs")
    page.wait_for_selector("#compare-start:enabled")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.violations() == []
    page.reload()
    page.wait_for_selector("#shared-minutes")
    assert page.is_visible("#shared-minutes")
    tab.assert_clean()
