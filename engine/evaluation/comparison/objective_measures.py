"""What a comparison of objectives measures beside losses, which mean something else for each of them.

A job that takes part keeps it in its result under "compared": {"before", "after": {"pairs_right", "pairs"}, "words", "base_words",
"loops", "base_loops", "win_rate", "judged"}. Pairs are judged for all by one rule, whatever they were trained by: the better answer is
likelier a token than the worse one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from engine.core.text import Text
from engine.data.quality.loops import longest_loop
from engine.rewards.declaration import Answered
from engine.rewards.total import OpenRewards

MEASURES_KEY = (
    "measures"  # beside the spec of a job that takes part: {"pairs": bool, "rewards": what judges its answers}
)
RESULT = "compared"  # of such a job's result
Read = Callable[[Mapping[str, Any]], "float | None"]


@dataclass(frozen=True)
class ObjectiveMeasure:
    """A column of a leaderboard of objectives.

    Attributes:
        key: its name in rows of the leaderboard.
        label: its name for people.
        help: what it means.
        better: the direction that is better; "" where neither is.
        decimals: digits behind the point in tables that are taken away.
        scale: what the number is multiplied by there.
        style: how the page shows it.
        of: the number in what a job keeps.
        base: the same of the model that training starts from.
    """

    key: str
    label: Text
    help: Text
    better: Literal["low", "high", ""]
    of: Read
    base: Read | None = None
    decimals: int = 0
    scale: float = 1.0
    style: Literal["percent", "number"] = "percent"


def _at(*path: str) -> Read:
    """The number at a place of what a job keeps; None where it has none."""

    def read(result: Mapping[str, Any]) -> float | None:
        found: Any = result.get(RESULT) or {}
        for key in path:
            found = (found or {}).get(key)
        return None if found is None else float(found)

    return read


# fmt: off
OBJECTIVE_MEASURES = (
    ObjectiveMeasure(
        "pairs_right", Text("evaluation.comparison.objective_measures.pairs_right.label"), Text("evaluation.comparison.objective_measures.pairs_right.help"),
        "high", _at("after", "pairs_right"), _at("before", "pairs_right"), scale=100,
    ),
    ObjectiveMeasure(
        "win_rate", Text("evaluation.comparison.objective_measures.win_rate.label"), Text("evaluation.comparison.objective_measures.win_rate.help"),
        "high", _at("win_rate"), scale=100,
    ),
    ObjectiveMeasure(
        "words", Text("evaluation.comparison.objective_measures.words.label"), Text("evaluation.comparison.objective_measures.words.help"),
        "", _at("words"), _at("base_words"), decimals=1, style="number",
    ),
    ObjectiveMeasure(
        "loops", Text("evaluation.comparison.objective_measures.loops.label"), Text("evaluation.comparison.objective_measures.loops.help"),
        "low", _at("loops"), _at("base_loops"), scale=100,
    ),
)
# fmt: on


def measured_answers(rows: Sequence[Mapping[str, Any]], judge: OpenRewards | None) -> dict[str, Any]:
    """What is said of greedy answers: their mean length in words, the share that runs in circles, and how often they beat the start's.

    Args:
        rows: questions with the answers before and after training.
        judge: says which of two answers is better: the one with the higher score; equal ones are half a win. None: nobody says.
    """
    found: dict[str, Any] = {}
    for name, key in (("", "answer"), ("base_", "base")):
        texts = [str(row[key]) for row in rows if row[key] is not None]
        if texts:
            found[f"{name}words"] = fmean(len(text.split()) for text in texts)
            found[f"{name}loops"] = fmean(longest_loop(text) is not None for text in texts)
    return found | ({} if judge is None else _wins(rows, judge))


def _wins(rows: Sequence[Mapping[str, Any]], judge: OpenRewards) -> dict[str, Any]:
    paired = [row for row in rows if row["base"] is not None]
    after, before = (judge.score([_answered(row, key) for row in paired]).total for key in ("answer", "base"))
    wins = [
        0.5 if one == other else float(one > other)
        for one, other in zip(after, before, strict=True)
        if one is not None and other is not None
    ]
    return {"win_rate": fmean(wins), "judged": len(wins)} if wins else {}


def _answered(row: Mapping[str, Any], key: str) -> Answered:
    question = [{"role": "user", "content": row["question"]}]
    return Answered(question, str(row[key]), {"reference": {"answer": row["expected"]}})
