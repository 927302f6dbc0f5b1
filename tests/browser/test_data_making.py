"""From a document to a version in a real browser: bring it, see what it costs and where it is sent, start, look at each row, add them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Open, Server, start_server
from tests.fake_writer import FakeWriter, fake_writer
from webui.i18n import t

pytestmark = pytest.mark.browser
HANDBOOK = """# Handbook

## Returns
Lamps can be returned within 30 days when the box is whole. The refund is paid to the same card.

## Delivery
Parcels leave the warehouse in Hamburg every morning at 7. Islands get them two days later.
"""


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeWriter]:
    with fake_writer() as found:
        yield found


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory, fake: FakeWriter) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("making") / "home"
    with start_server(home, TUNESMITH_WRITER_URL=fake.url, TUNESMITH_WRITER_MODEL="big") as running:
        yield running


def test_a_document_becomes_rows_that_are_looked_at_and_a_version(
    visit: Open, writing: Server, fake: FakeWriter, tmp_path: Path
) -> None:
    document = tmp_path / "Handbook <b>.md"
    document.write_text(HANDBOOK)
    tab = visit(at=writing)
    page = tab.open("/en/data?add=make")
    page.set_input_files("#make-file", str(document))
    page.wait_for_selector("#make-cost")
    assert t("en", "make.passages_one", n="2") in page.inner_text(".make")
    assert fake.url.split("/")[2] in page.inner_text(".make .ts-note"), "where it is sent is said before"
    page.click("#make-wordings > summary")
    page.fill("#make-wording-question", "Ask something.")
    page.wait_for_selector("#make-wording-question[aria-invalid]")
    page.fill("#make-wording-question", "Mine: {passage}")
    page.wait_for_selector("#make-wording-question:not([aria-invalid])")
    assert tab.violations() == []
    page.click("#make-start")
    page.wait_for_selector("#make-end")
    assert "made=" in page.url
    assert fake.asked[0]["messages"][-1]["content"].startswith("Mine: Handbook")
    assert tab.violations() == []

    page.click("#make-review")
    page.wait_for_selector(".data-review-source")
    shown = page.inner_text(".data-review-source")
    assert "Lamps can be returned within 30 days" in shown
    assert "Handbook <b>.md · Handbook › Returns" in shown
    assert tab.violations() == []
    page.click("#review-approve")
    page.wait_for_selector(f'text="{t("en", "data.review.place", n=1, all=1)}"')
    page.click("#review-approve")
    page.wait_for_selector(f'text="{t("en", "data.review.done")}"')
    page.click(f'.data-review-side button:has-text("{t("en", "data.review.add.button", n=2)}")')
    page.wait_for_selector(f'text="{t("en", "data.review.added", n=2, version=1)}"')
    page.click(f'text="{t("en", "data.review.open")}"')
    page.wait_for_url("**/data?dataset=*")
    tab.assert_clean()
