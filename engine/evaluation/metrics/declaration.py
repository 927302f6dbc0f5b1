"""What a metric of evaluation is: one frozen value that scores, leaderboard, pages and docs derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.text import Text

Needs = Literal["answers", "loss"]
Style = Literal["loss", "percent", "number"]
BASE = "base_"  # before the name of a number of a job's result: the same of the untouched base
LOSS_SERIES = "val_loss"


@dataclass(frozen=True)
class EvaluationMetric:
    """One measure of how good a model is on examples that it did not learn from.

    It is computed from one of two things, and exactly one of `of_answers` and `of_loss` is there.

    Attributes:
        key: its name in results of jobs and in tables.
        label: its name for people.
        help: what it means, in which range it lies, and which direction is better.
        source: the paper or the library that it follows.
        better: the direction that is better.
        decimals: digits behind the point in tables that are taken away.
        of_answers: (expected answers, given answers), as many of each and at least one -> the score. Imports libraries inside.
        of_loss: mean held-out loss in nats a token -> the number; None where there is no finite one.
        style: how the page shows it: a loss, a share of 1 as percent, or a number with `decimals` where it is below 100.
        lowest: lower end of its range; None where there is none.
        highest: upper end of its range; None where there is none.
        curve: name of the series that a job draws of it over its steps; empty where it draws none. The first metric that has
            one says who leads a comparison.
    """

    key: str
    label: Text
    help: Text
    source: str
    better: Literal["low", "high"]
    decimals: int
    of_answers: Callable[[Sequence[str], Sequence[str]], float] | None = None
    of_loss: Callable[[float], float | None] | None = None
    style: Style = "number"
    lowest: float | None = 0.0
    highest: float | None = None
    curve: str = ""

    @property
    def needs(self) -> Needs:
        """What it is computed from: answers beside expected ones, or the held-out loss."""
        return "loss" if self.of_answers is None else "answers"

    def of_result(self, result: Mapping[str, Any]) -> float | None:
        """The number in a job's stored result; None where that has none, as one of a version that did not know the metric."""
        return self._read(result, "")

    def of_base(self, result: Mapping[str, Any]) -> float | None:
        """The same number of the untouched base."""
        return self._read(result, BASE)

    def _read(self, result: Mapping[str, Any], who: str) -> float | None:
        if self.of_loss is None:
            return (result.get("answers") or {}).get(f"{who}{self.key}")
        loss = result.get(f"{who}{LOSS_SERIES}")
        return None if loss is None else self.of_loss(loss)
