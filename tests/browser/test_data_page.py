"""The Data page in a real browser: upload, mapping, rows, faults found and repaired, and what goes wrong on the way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.services.data import imports, sources
from tests.browser.conftest import PHONE, Open, Server
from webui.i18n import t
from webui.pages.data.page import PAGE_ROWS

pytestmark = pytest.mark.browser

ROWS = 45
SCRIPT = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
MAPPING = {"prompt": "frage", "completion": "antwort"}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV with columns that no rule knows, one ragged row, one row with script in it and one with an address."""
    lines = ["frage,antwort,thema"] + [
        f"Was kostet Nummer {n}?,Sie kostet {n} Taler.,Preise" for n in range(1, ROWS - 1)
    ]
    quoted = SCRIPT.replace('"', '""')
    lines += [
        "Who answers letters?,Write to anna.berg@example.org or call.,x",
        f'"{quoted}",It is only text.,x',
        "zu,wenig",
    ]
    path = tmp_path_factory.mktemp("data") / "preise.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def prices(server: Server, table: Path) -> int:
    """The table as an imported data set of the running server."""
    ctx = open_context(Settings(home=server.home, offline=True))
    copy = shutil.copy(table, ctx.settings.folder("uploads") / "prices.part")
    made = sources.add_upload(ctx, Path(copy), table.name)
    imports.import_dataset(ctx, made, name=SCRIPT[:80], shape="prompt_completion", mapping=MAPPING)
    ctx.db.close()
    return made


def upload(page: Any, path: Path) -> None:
    """Choose a file and wait for its own view."""
    page.set_input_files("#data-file", str(path))
    page.wait_for_url("**/data?dataset=*")
    page.wait_for_selector(".data-preview")


def map_and_import(page: Any, name: str) -> None:
    """Say which column is which, and import."""
    page.select_option("#data-shape", "prompt_completion")
    page.select_option("#data-column-prompt", "frage")
    page.select_option("#data-column-completion", "antwort")
    page.fill("#data-name", name)
    page.wait_for_selector(".data-preview .ts-bubble.assistant")
    page.click("#data-import")
    page.wait_for_selector("[role=tablist] [data-tab=versions]")


def test_from_a_faulty_file_to_a_repaired_version(visit: Open, table: Path) -> None:
    """Upload, mapping, a rejected row repaired, a finding fixed, and the two last versions side by side."""
    tab = visit()
    page = tab.open("/en/data")
    upload(page, table)
    map_and_import(page, "Prices")
    assert page.inner_text("h1") == "Prices"

    page.click("[data-repair]")
    page.wait_for_selector("#repair-2")
    page.wait_for_selector(f".data-verdict :text('{t('en', 'data.rejected.works')}')")
    page.fill("#repair-1", "")
    page.wait_for_selector(".data-verdict .ts-note.danger")
    assert page.is_disabled("#data-repair-keep")
    page.fill("#repair-1", "nicht mehr zu wenig")
    page.click("#data-repair-keep:not([disabled])")
    page.click("#data-repairs-make")
    page.wait_for_selector(f".data-source :text('{t('en', 'data.version.number', n=2)}')")

    page.click("#data-tab-findings")
    page.wait_for_selector("#findings-look", timeout=120_000)  # the search is over: nothing moves any more
    page.click("[data-check=personal] summary")
    page.click("[data-fix=mask_found]")
    panel = page.locator("[data-operation=mask_found]")
    panel.get_by_text(t("en", "data.op.look")).click()
    page.wait_for_selector("[data-operation=mask_found] .data-is ins")
    panel.get_by_text(t("en", "data.op.make")).click()
    page.wait_for_selector(f".data-source :text('{t('en', 'data.version.number', n=3)}')")

    page.click("#data-tab-versions")
    page.click("[data-compare='2-3']")
    page.wait_for_selector(".data-compare .data-was del")
    assert "anna.berg@example.org" in page.inner_text(".data-compare .data-was")
    assert "anna.berg@example.org" not in page.inner_text(".data-compare .data-is")
    page.click("[data-version='1'] button:has-text('" + t("en", "data.version.use") + "')")
    page.wait_for_selector("[data-version='1'].in-use")
    assert tab.violations() == []
    tab.assert_clean()


def test_rows_are_searched_shown_and_changed_by_hand(visit: Open, prices: int) -> None:
    tab = visit()
    page = tab.open(f"/en/data?dataset={prices}&tab=rows")
    page.wait_for_selector(".data-rows .data-row")
    shown = {"from": 1, "to": PAGE_ROWS, "total": ROWS}
    assert page.inner_text(".data-pager [role=status]") == t("en", "data.rows.range", **shown)
    for first in range(PAGE_ROWS + 1, ROWS + 1, PAGE_ROWS):
        page.click("[aria-label='Next rows']")
        page.wait_for_selector(f".data-rows :text-is('{t('en', 'data.rows.number', n=first)}')")
    assert "<script>" in page.inner_text(".data-rows")
    assert page.locator(".data-rows img, .data-rows script, h1 img").count() == 0
    assert "broken" not in page.title()

    page.fill("#data-search", "NUMMER 7?")
    page.wait_for_function("document.querySelectorAll('.data-rows .data-row').length === 1")
    page.click("label:has-text('Raw')")
    page.wait_for_selector(".data-json:has-text('\"split\"')")
    page.click("[aria-label='Edit row 7']")
    page.fill("#edit-messages-1", "Sieben.")
    page.click(".data-edit [type=submit]")
    page.wait_for_selector(".data-edit", state="detached")
    page.fill("#data-search", "")
    page.click("[aria-label='Drop row 2']")
    assert tab.violations() == []
    page.click("#data-pending-make")
    page.wait_for_selector(f".data-source :text('{t('en', 'data.version.number', n=2)}')")
    page.wait_for_selector(".data-rows .data-row")
    assert page.locator("[data-row='1']").count() == 0
    assert "Sieben." in page.inner_text("[data-row='6']")

    page.click(".ts-seg label:has-text('Validation')")
    page.wait_for_selector(".data-rows .ts-badge.train", state="detached")
    assert page.locator(".data-rows .ts-badge.val").count() > 0
    tab.assert_clean()


def test_thinking_is_folded_before_the_import_and_after_it_and_can_be_changed(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/data")
    upload(page, Path(__file__).parents[1] / "cases" / "data" / "reasoning_member.jsonl")
    page.wait_for_selector(".data-preview .bubble-thought:not([open])")
    page.click("#data-import")
    page.wait_for_selector("[role=tablist] [data-tab=rows]")
    page.click("#data-tab-rows")
    page.click("[data-row='1'] .bubble-thought summary")
    assert page.inner_text("[data-row='1'] .bubble-thought .bubble-text") == "add one"
    page.click("[aria-label='Edit row 2']")
    page.fill("#edit-messages-1-thought", "one more")
    assert tab.violations() == []
    page.click(".data-edit [type=submit]")
    page.wait_for_selector(".data-edit", state="detached")
    page.click("#data-pending-make")
    page.wait_for_selector(f".data-source :text('{t('en', 'data.version.number', n=2)}')")
    page.click("[data-row='1'] .bubble-thought summary")
    assert page.inner_text("[data-row='1'] .bubble-thought .bubble-text") == "one more"
    page.fill("#data-search", "ONE MORE")
    page.wait_for_function("document.querySelectorAll('.data-rows .data-row').length === 1")
    tab.assert_clean()


def test_the_preview_follows_the_mapping(visit: Open, table: Path) -> None:
    tab = visit()
    page = tab.open("/en/data")
    upload(page, table)
    assert "CSV" in page.inner_text(".data-found")
    page.select_option("#data-shape", "prompt_completion")
    page.select_option("#data-column-prompt", "thema")
    page.select_option("#data-column-completion", "antwort")
    page.wait_for_selector(".data-preview .ts-bubble.user:has-text('Preise')")
    page.select_option("#data-column-prompt", "frage")
    page.wait_for_selector(".data-preview .ts-bubble.user:has-text('Nummer 1')")
    assert tab.violations() == []
    page.select_option("#data-column-completion", "frage")
    page.wait_for_selector(".data-preview .ts-note.danger")


def test_a_file_that_cannot_be_used_says_why_in_place(visit: Open, tmp_path: Path) -> None:
    page = visit().open("/en/data")
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    page.set_input_files("#data-file", str(empty))
    page.wait_for_selector(".data-upload-state .ts-note.danger")
    assert t("en", "error.data.file.empty") in page.inner_text(".data-upload-state")
    assert page.locator(".data-drop button").first.is_enabled()


def test_a_sample_is_one_click_and_can_be_deleted_and_taken_again(visit: Open) -> None:
    tab = visit()
    page = tab.open("/zh/data")
    page.click("[data-sample=zh]")
    page.wait_for_url("**/zh/data?dataset=*")
    page.click("#data-tab-rows")
    page.wait_for_selector(".data-rows .ts-bubble.assistant")
    page.click(f"button:has-text('{t('zh', 'data.delete')}')")
    page.click(".ts-dialog .primary")
    page.wait_for_url("**/zh/data")
    page.wait_for_selector("[data-sample=zh]")
    tab.assert_clean()


def test_a_name_can_be_changed(visit: Open, prices: int) -> None:
    page = visit().open(f"/en/data?dataset={prices}")
    page.click(f"[aria-label='{t('en', 'data.rename')}']")
    page.fill("#data-rename", "After")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('After')")
    page.reload()
    page.wait_for_selector("h1:has-text('After')")


def test_one_data_set_is_accessible_in_the_dark_and_fits_a_phone(visit: Open, prices: int) -> None:
    tab = visit(size=PHONE, scheme="dark")
    page = tab.open(f"/en/data?dataset={prices}&tab=rows")
    page.wait_for_selector(".data-rows .data-row")
    for key in ("rows", "versions", "overview"):
        page.click(f"#data-tab-{key}")
        page.wait_for_selector(f"#data-tab-{key}[aria-selected=true]")
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], key
        assert tab.violations() == [], key
