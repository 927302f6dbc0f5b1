"""What votes prove, in a real browser: the sentence, the chart, the tables, the file; more as votes come."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Open, start_server
from tests.earlier import STYLE, opened
from tests.votes import BASE, OTHER, SIDES, TUNED, cast_vote, sides_against_base

pytestmark = pytest.mark.browser


def test_results_follow_the_votes_and_can_be_taken_away(
    visit: Open, tmp_path: Path, shots: Callable[[Any, str], Path]
) -> None:
    home = tmp_path / "home"
    ctx = opened(home)
    SIDES.update(sides_against_base(ctx, STYLE))
    for place in range(3):
        cast_vote(ctx, f"Style {place}?", [2, 1], models=tuple(sides_against_base(ctx, STYLE)))
    for place in range(9):
        cast_vote(ctx, f"Question {place}?", [2, 1, 3], models=(BASE, TUNED, OTHER))
    cast_vote(ctx, "In sight?", [1, 2], blind=False)
    with start_server(home) as server:
        tab = visit(at=server)
        page = tab.open("/en/playground?evidence=all")
        sentence = page.locator("#evidence-sentence")
        sentence.wait_for()
        assert sentence.inner_text().startswith("Not enough yet to name the best of 3: Lanterns")
        for place in range(9, 20):
            cast_vote(ctx, f"Question {place}?", [2, 1, 3], models=(BASE, TUNED, OTHER))
        page.get_by_text("is the best of these 3").wait_for()
        assert page.locator(".evidence-matrix tbody td b").count() == 6
        assert page.locator(".evidence-chart svg").get_attribute("aria-label")
        assert tab.violations() == []
        with page.expect_download() as saved:
            page.click("#evidence-csv")
        with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["blind"] for row in rows] == ["yes"] * 4 + ["no"]
        shots(page, "evidence")
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        shots(page, "evidence-phone")
        page = tab.open(f"/en/models?model={STYLE}")
        page.locator("#model-votes").get_by_text("3 of 3 won, 0 alike").wait_for()
        tab.assert_clean()
    ctx.db.close()
