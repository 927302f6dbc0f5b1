"""Bringing data on the Data page: a table that is typed and pasted into, several files at once, pasted text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from engine.core.context import Context, open_context
from engine.core.settings import Settings
from engine.jobs.kinds.import_data import IMPORT_DATA
from engine.jobs.queue import enqueue
from engine.services.data import taking_in
from storage.job_tables import Job
from tests.browser import seeds
from tests.browser.conftest import PHONE, Open, Server, Visit
from tests.unit.data.made import pdf
from webui.i18n import t

pytestmark = pytest.mark.browser

CASES = Path(__file__).parents[1] / "cases" / "data"
PASTE = """([selector, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def cells(page: Any) -> list[str]:
    """The column names, then every cell that is filled."""
    return page.eval_on_selector_all(".sheet-name, .sheet-cell", "all => all.map(one => one.value).filter(Boolean)")


def test_a_typed_table_survives_a_refresh_and_becomes_a_draft(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/data")
    page.click("#data-way-sheet")
    page.wait_for_function("document.activeElement.classList.contains('sheet-name')")
    page.click("[data-row='0'][data-column='0']")
    for key in ("What is it?", "Tab", "A lamp.", "Tab", "Gone", "Enter"):
        page.keyboard.press(key) if key in ("Tab", "Enter") else page.keyboard.type(key)
    assert page.evaluate("document.activeElement.dataset.row") == "2"
    page.evaluate(
        PASTE, ["[data-row='2'][data-column='0']", 'How much?\t"3\n""dollars"""\textra\r\nLast?\tYes.\tmore\r\n']
    )
    page.wait_for_selector(".sheet-name[data-column='2']")
    page.click(f"[aria-label='{t('en', 'data.sheet.remove_column', column='column 3')}']")
    page.click(".sheet-undo button")
    page.click(f"[aria-label='{t('en', 'data.sheet.remove_column', column='column 3')}']")
    page.click(f"[aria-label='{t('en', 'data.sheet.remove_row', n=2)}']")
    expected = ["instruction", "output", "What is it?", "A lamp.", "How much?", '3\n"dollars"', "Last?", "Yes."]
    assert cells(page) == expected
    page.wait_for_selector(f"text={t('en', 'data.sheet.kept')}")
    assert tab.violations() == []
    page.reload()
    page.wait_for_selector(".sheet-table")
    assert cells(page) == expected
    page.click(f"button:has-text('{t('en', 'data.sheet.go')}')")
    page.wait_for_url("**/data?dataset=*")
    page.wait_for_selector(".data-preview .ts-bubble.assistant:has-text('dollars')")
    tab.assert_clean()


def test_several_files_and_pasted_text_on_a_phone(visit: Open, tmp_path: Path) -> None:
    for name, data in (
        ("a.csv", b"prompt,completion\nQ1,A1\n"),
        ("b.jsonl", b'{"prompt": "Q2", "completion": "A2"}\n'),
    ):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "scan.pdf").write_bytes(pdf(None))
    tab = visit(size=PHONE)
    page = tab.open("/zh/data")
    page.set_input_files("#data-file", [str(tmp_path / name) for name in ("a.csv", "b.jsonl", "scan.pdf")])
    page.wait_for_url("**/data?dataset=*")
    page.wait_for_selector(".data-preview .ts-bubble.assistant:has-text('A2')")
    assert t("zh", "error.data.pdf.no_text", pages=1) in page.inner_text(".data-found")
    page = tab.open("/zh/data?add=paste")
    page.fill("#data-paste", " ")
    page.click(f"button:has-text('{t('zh', 'data.paste.go')}')")
    page.wait_for_selector(f"text={t('zh', 'data.paste.empty')}")
    page.fill("#data-paste", "prompt\tcompletion\nQ9\tA9\n")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.violations() == []
    page.click(f"button:has-text('{t('zh', 'data.paste.go')}')")
    page.wait_for_selector(".data-preview .ts-bubble.assistant:has-text('A9')")
    tab.assert_clean()


@contextmanager
def _waiting(ctx: Context) -> Iterator[int]:
    """A job that reads files, and waits for another one; neither stays in the server that all tests look at."""
    file = ctx.settings.folder("incoming") / "a"
    file.write_bytes(b'{"prompt": "Q", "completion": "A"}\n')
    with seeds.sleeper() as worker:
        with ctx.db.write() as session:
            busy = session.get_one(Job, enqueue(session, IMPORT_DATA, name="Busy", spec={}))
            for key, value in seeds.alive(worker).items():
                setattr(busy, key, value)
            for status in ("starting", "running"):
                busy.status = status
                session.flush()
        with patch.object(taking_in, "AT_ONCE_SECONDS", 0.0):
            job = taking_in.take_in(ctx, [(file, "a.jsonl")])["job"]
        yield job
        with ctx.db.write() as session:
            session.get_one(Job, busy.id).status = "failed"
            for one in (busy.id, job):
                session.get_one(Job, one).deleted_at = 1.0


def test_files_that_take_longer_are_read_by_a_job_that_can_be_stopped(
    server: Server, visit: Open, tmp_path: Path
) -> None:
    ctx = open_context(Settings(home=server.home))
    with _waiting(ctx) as job:
        _stopped_and_asked_for(job, visit(), tmp_path)
    ctx.db.close()


def _stopped_and_asked_for(job: int, tab: Visit, folder: Path) -> None:
    page = tab.open("/en/data")
    stop = f".data-upload-state button:has-text('{t('en', 'data.upload.cancel')}')"
    stopped = f"text={t('en', 'data.upload.job_stopped', name='a.jsonl')}"
    page.wait_for_load_state("networkidle")
    assert not page.is_disabled(".data-drop .ts-btn.primary")  # somebody else's files: this page is free, and stays
    page.evaluate(f"localStorage.setItem('ts-reading', '{job}')")
    page.reload()
    page.wait_for_selector(stop)
    assert page.is_disabled(".data-drop .ts-btn.primary")
    assert t("en", "data.upload.job", name="a.jsonl") in page.inner_text(".data-upload-state")
    assert tab.violations() == []
    page.click(stop)
    page.wait_for_selector(stopped)
    assert not page.is_disabled(".data-drop .ts-btn.primary")
    page.route("**/api/uploads", lambda route: route.fulfill(json={"job": job}))
    page.reload()
    (folder / "b.jsonl").write_bytes(b"{}")
    page.set_input_files("#data-file", str(folder / "b.jsonl"))
    page.wait_for_selector(stopped)
    tab.assert_clean()


def test_a_zip_of_three_parts_shows_and_keeps_them(visit: Open) -> None:
    tab = visit(size=PHONE)
    page = tab.open("/en/data")
    page.set_input_files("#data-file", str(CASES / "train_test_validation.zip"))
    page.wait_for_selector(".data-split-counts [data-part]")
    shown = {
        one.get_attribute("data-part"): one.inner_text().split()[-1] for one in page.query_selector_all("[data-part]")
    }
    assert shown == {"train": "20", "val": "5", "test": "10"}
    assert page.eval_on_selector_all(".data-split-files select", "all => all.map(one => one.value)") == [
        "train",
        "test",
        "val",
    ]
    assert not page.is_visible("#data-val")  # nothing is drawn
    assert tab.violations() == []
    page.check("[name=data-splits][value=random]", force=True)
    page.wait_for_selector("#data-val")
    page.check("[name=data-splits][value=kept]", force=True)
    page.select_option("#data-split-2", "test")
    page.wait_for_selector("[data-part=test]:has-text('15')")
    page.click("#data-import")
    page.wait_for_selector(".data-panel")
    tab.assert_clean()
