"""What votes prove, in a real browser: the sentence, the chart, the tables, the file; more as votes come."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.services.chat.blind import new_blind
from storage.base import LOCAL_OWNER
from storage.tables import Conversation, Message, TunedModel
from tests.browser.conftest import PHONE, Open, start_server
from tests.earlier import STYLE, opened
from tests.votes import BASE, OTHER, SIDES, TUNED, cast_vote, sides_against_base

pytestmark = pytest.mark.browser


def blind_talk(ctx: Context) -> int:
    """A blind comparison of the tuned model and its base with one vote."""
    names = sides_against_base(ctx, STYLE)
    with ctx.db.write() as s:
        base = s.get_one(TunedModel, STYLE).base_model_id
        row = Conversation(title="Blind?", base_model_id=base, tuned_ids=[STYLE], settings={})
        row.blind = new_blind([], apart=True, reveal=False)
        s.add(row)
        s.flush()
        s.add(Message(conversation_id=row.id, turn=1, role="user", content="Blind?"))
        for name, (side, _label) in names.items():
            said = {"content": f"{name[0]} says Blind?", "weights_hash": name, "status": "complete"}
            s.add(Message(conversation_id=row.id, turn=1, role="assistant", side=side, **said))
        talk = row.id
    cast_vote(ctx, "Blind?", [2, 1], models=tuple(names), conversation_id=talk, turn=1, rater=LOCAL_OWNER)
    return talk


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
        page = tab.open(f"/en/playground?arena={blind_talk(ctx)}")
        page.locator(".evidence-panel summary").click()
        page.locator(".evidence-panel #evidence-sentence").get_by_text("Too few votes to tell: House style").wait_for()
        page = tab.open(f"/en/models?model={STYLE}")
        page.locator("#model-votes").get_by_text("4 of 4 won, 0 alike").wait_for()
        tab.assert_clean()
    ctx.db.close()
