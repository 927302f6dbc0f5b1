"""The Data page in a real browser: upload, mapping, report, rows, and what goes wrong on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Open
from webui.i18n import t
from webui.pages.data import PAGE_ROWS

pytestmark = pytest.mark.browser

ROWS = 45
SCRIPT = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV with columns that no rule knows, one ragged row and one row with script in it."""
    lines = ["frage,antwort,thema"] + [f"Was kostet Nummer {n}?,Sie kostet {n} Taler.,Preise" for n in range(1, ROWS)]
    quoted = SCRIPT.replace('"', '""')
    lines += [f'"{quoted}",It is only text.,x', "zu,wenig"]
    path = tmp_path_factory.mktemp("data") / "preise.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


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
    page.wait_for_selector(".data-rows .data-row")


def test_from_a_file_to_rows(visit: Open, table: Path) -> None:
    tab = visit()
    page = tab.open("/en/data")
    upload(page, table)
    assert "CSV" in page.inner_text(".data-found")
    assert t("en", "error.data.mapping.no_shape") in page.inner_text(".data-preview")
    map_and_import(page, "Prices")
    assert page.inner_text("h1") == "Prices"
    report = page.inner_text(".data-report")
    assert str(ROWS) in report
    rejected = page.locator(".data-rejected tbody tr")
    assert rejected.count() == 1
    assert rejected.locator("td").first.inner_text() == str(ROWS + 2)
    tab.assert_clean()


def test_the_preview_follows_the_mapping(visit: Open, table: Path) -> None:
    page = visit().open("/en/data")
    upload(page, table)
    page.select_option("#data-shape", "prompt_completion")
    page.wait_for_selector(f".data-preview .ts-note.info:has-text('“{t('en', 'data.field.prompt')}”')")
    page.select_option("#data-column-prompt", "thema")
    page.select_option("#data-column-completion", "antwort")
    page.wait_for_selector(".data-preview .ts-bubble.user:has-text('Preise')")
    page.select_option("#data-column-prompt", "frage")
    page.wait_for_selector(".data-preview .ts-bubble.user:has-text('Nummer 1')")
    page.select_option("#data-column-completion", "frage")
    page.wait_for_selector(".data-preview .ts-note.danger")


def test_script_in_a_row_stays_text(visit: Open, table: Path) -> None:
    page = visit().open("/en/data")
    upload(page, table)
    map_and_import(page, SCRIPT[:80])
    for first in range(PAGE_ROWS + 1, ROWS + 1, PAGE_ROWS):
        page.click("[aria-label='Next rows']")
        page.wait_for_selector(f".data-rows :text-is('{t('en', 'data.rows.number', n=first)}')")
    assert "<script>" in page.inner_text(".data-rows")
    assert page.locator(".data-rows img, .data-rows script, h1 img").count() == 0
    assert "broken" not in page.title()


def test_rows_can_be_paged_and_filtered(visit: Open, table: Path) -> None:
    page = visit().open("/en/data")
    upload(page, table)
    map_and_import(page, "Paged")
    assert page.locator(".data-rows .data-row").count() == PAGE_ROWS
    assert page.inner_text(".data-pager [role=status]") == t(
        "en", "data.rows.range", **{"from": 1, "to": PAGE_ROWS, "total": ROWS}
    )
    page.click(".ts-seg label:has-text('Held out')")
    page.wait_for_selector(".data-rows .ts-badge.val")
    assert page.locator(".data-rows .ts-badge.train").count() == 0


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
    page.wait_for_selector(".data-rows .ts-bubble.assistant")
    page.click(f"button:has-text('{t('zh', 'data.delete')}')")
    page.click(".ts-dialog .primary")
    page.wait_for_url("**/zh/data")
    page.wait_for_selector("[data-sample=zh]")
    tab.assert_clean()


def test_a_name_can_be_changed(visit: Open, table: Path) -> None:
    page = visit().open("/en/data")
    upload(page, table)
    map_and_import(page, "Before")
    page.click(f"[aria-label='{t('en', 'data.rename')}']")
    page.fill("#data-rename", "After")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('After')")
    page.reload()
    page.wait_for_selector("h1:has-text('After')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_mapping_and_report(visit: Open, table: Path, scheme: str) -> None:
    tab = visit(scheme=scheme)
    page = tab.open("/en/data")
    upload(page, table)
    page.select_option("#data-shape", "prompt_completion")
    page.wait_for_timeout(500)
    assert tab.violations() == []
    map_and_import(page, f"Axe {scheme}")
    page.wait_for_timeout(500)
    assert tab.violations() == []


def test_one_data_set_fits_a_phone(visit: Open, table: Path) -> None:
    tab = visit(size=PHONE)
    page = tab.open("/en/data")
    upload(page, table)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    map_and_import(page, "On a phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
