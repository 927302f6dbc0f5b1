"""Answers that are the same, of which one is called better: nothing can be learnt from them."""

from __future__ import annotations

from engine.core.text import Text
from engine.data.quality.base import Check, Detail, drop, each
from engine.data.rows.judged import KINDS, answers_in, judged_pairs
from engine.data.rows.row import Row
from engine.data.rows.wording import plain


def _judge(row: Row) -> Detail | None:
    said = [plain(one) for one in answers_in(row)]
    same = sum(said[better] == said[worse] for better, worse in judged_pairs(row))
    return {"code": "same_answers", "times": same} if same else None


SAME_ANSWERS = Check(
    key="same_answers",
    severity="serious",
    label=Text("data.quality.pairs.same_answers.label"),
    help=Text("data.quality.pairs.same_answers.help"),
    found=Text("data.quality.pairs.same_answers.found"),
    run=each(lambda _values: _judge),
    fixes=(drop("same_answers"),),
    kinds=KINDS,
)
