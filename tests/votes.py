"""Votes for tests, as the pages store them."""

from __future__ import annotations

from typing import Any

from engine.core.context import Context
from storage.queries.ranked.rankings import PLAYGROUND
from storage.ranking_tables import RankedPrompt, Ranking

BASE, TUNED, OTHER = "b" * 64, "t" * 64, "o" * 64
SIDES = {BASE: ("base", "Starter"), TUNED: ("tuned:1", "Lanterns"), OTHER: ("tuned:2", "Lanterns")}


def cast_vote(
    ctx: Context, question: str, ranks: list[int], models: tuple[str, ...] = (BASE, TUNED), **more: Any
) -> int:
    """A vote as the pages store it; returns its prompt's id."""
    ranking = {
        "blind": True,
        "rater": "Ann",
        **{key: more.pop(key) for key in ("blind", "rater", "verdict") if key in more},
    }
    with ctx.db.write() as s:
        row = RankedPrompt(**{"source": PLAYGROUND, "drawn": True, **more})
        row.prompt = [{"role": "user", "content": question}]
        row.answers = [
            {"text": f"{name[0]} says {question}", "side": SIDES[name][0], "label": SIDES[name][1], "weights": name}
            for name in models
        ]
        s.add(row)
        s.flush()
        s.add(Ranking(prompt_id=row.id, ranks=ranks, **ranking))
        return row.id
