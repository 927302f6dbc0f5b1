"""Votes for tests, as the pages store them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.context import Context
from engine.services.chat.sides import answer_hash
from storage.queries.ranked.rankings import PLAYGROUND
from storage.ranking_tables import RankedPrompt, Ranking
from storage.tables import LanguageModel, TunedModel

BASE, TUNED, OTHER = "b" * 64, "t" * 64, "o" * 64
SIDES = {BASE: ("base", "Starter"), TUNED: ("tuned:1", "Lanterns"), OTHER: ("tuned:2", "Lanterns")}


def cast_vote(
    ctx: Context, question: str, ranks: list[int], models: tuple[str, ...] = (BASE, TUNED), **more: Any
) -> int:
    """A vote as the pages store it; returns its prompt's id."""
    return cast_votes(ctx, {question: ranks}, models, **more)[0]


def cast_votes(
    ctx: Context, votes: Mapping[str, list[int]], models: tuple[str, ...] = (BASE, TUNED), **more: Any
) -> list[int]:
    """A vote on each question, by the ranks of the models; returns the ids of the prompts."""
    own = {key: more.pop(key) for key in ("blind", "rater", "verdict") if key in more}
    found = []
    with ctx.db.write() as s:
        for question, ranks in votes.items():
            row = RankedPrompt(**{"source": PLAYGROUND, "drawn": True, **more})
            row.prompt = [{"role": "user", "content": question}]
            row.answers = [
                {"text": f"{name[0]} says {question}", "side": SIDES[name][0], "label": SIDES[name][1], "weights": name}
                for name in models
            ]
            s.add(row)
            s.flush()
            s.add(Ranking(prompt_id=row.id, ranks=ranks, **{"blind": True, "rater": "Ann", **own}))
            found.append(row.id)
    return found


def sides_against_base(ctx: Context, tuned: int) -> dict[str, tuple[str, str]]:
    """The base of a tuned model and then itself, as `SIDES` has them."""
    with ctx.db.read() as s:
        row = s.get_one(TunedModel, tuned)
        base = s.get_one(LanguageModel, row.base_model_id)
        return {answer_hash(base, None): ("base", base.name), answer_hash(base, row): (f"tuned:{tuned}", row.name)}
