"""Report, export and review of a data set in a real browser."""

from __future__ import annotations

import json

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.services.data import datasets
from engine.services.data.annotation import annotation_queue
from tests.browser.conftest import PHONE, Open, Server
from webui.i18n import t

pytestmark = pytest.mark.browser


def test_a_collected_row_is_corrected_approved_added_and_exported(visit: Open, server: Server) -> None:
    ctx = open_context(Settings(home=server.home, offline=True))
    target = datasets.ensure_sample(ctx, "en")
    rows = datasets.dataset_view(ctx, target)["accepted"]
    for n in range(3):
        talk = [{"role": "user", "content": f"Question {n}"}, {"role": "assistant", "content": f"Answer {n}"}]
        annotation_queue.collect(ctx, {"messages": talk}, {"code": "playground", "model": "Small base"}, target)
    ctx.db.close()
    tab = visit()
    page = tab.open("/en/data")
    page.click(f".data-review-link >> text={t('en', 'data.review.link')}")
    page.wait_for_selector(".data-review-body :text('Answer 0')")
    assert tab.violations() == []
    page.keyboard.press("r")
    page.wait_for_selector(".data-review-body :text('Answer 1')")
    page.keyboard.press("u")
    page.wait_for_selector(".data-review-body :text('Answer 0')")
    page.keyboard.press("e")
    page.fill("#edit-messages-1", "Answer 0, by hand")
    page.click(f"dialog >> text={t('en', 'data.review.save')}")
    page.wait_for_selector(".data-review-body :text('by hand')")
    page.keyboard.press("a")
    page.wait_for_selector(".data-review-body :text('Answer 1')")
    page.wait_for_selector("#review-add")
    page.click("#review-add")
    page.wait_for_selector(".data-review-side .ts-note.good")
    page.goto(f"{server.url}/en/data?dataset={target}&tab=export")
    page.click("#data-export-make")
    page.wait_for_selector("#data-export-download")
    with page.expect_download() as download:
        page.click("#data-export-download")
    assert download.value.suggested_filename.endswith("-v2.jsonl")
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert len(lines) == rows + 1
    assert "Answer 0, by hand" in lines[-1].values()
    tab.assert_clean()


def test_the_report_says_what_stands_out(visit: Open, server: Server) -> None:
    ctx = open_context(Settings(home=server.home, offline=True))
    target = datasets.ensure_sample(ctx, "zh")
    ctx.db.close()
    tab = visit(size=PHONE, scheme="dark")
    page = tab.open(f"/zh/data?dataset={target}")
    page.wait_for_selector(".data-report-body .data-bars")
    assert page.locator(".data-stands-out li").count() == 1
    assert t("zh", "data.glance.find") in page.inner_text(".data-glance")
    page.click(".data-histogram summary")
    assert page.locator(".data-histogram table tbody tr").count() > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.violations() == []
    tab.assert_clean()
