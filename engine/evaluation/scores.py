"""How good answers are, compared with the expected ones: every metric of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.data.thoughts.marks import parted
from engine.evaluation.metrics import METRICS
from engine.evaluation.metrics.declaration import BASE


class Question(Protocol):
    """What was asked, with the answer in the data."""

    @property
    def text(self) -> str:
        """The question as people read it."""
        ...

    @property
    def expected(self) -> str | None:
        """The answer in the data."""
        ...


@dataclass(frozen=True)
class Scores:
    """Scores over several answers.

    Attributes:
        count: answers that were compared.
        values: the number of each metric of answers, by its key.
    """

    count: int
    values: Mapping[str, float]

    def as_result(self, base: Scores | None) -> dict[str, Any]:
        """The form in a job's result: {"count", "<key>"..., "base_<key>"...}; those of the base are None without `base`."""
        before = {f"{BASE}{key}": base.values[key] if base else None for key in self.values}
        return {"count": self.count, **self.values, **before}


def score_answers(questions: Sequence[Question], answers: Sequence[str]) -> Scores | None:
    """Scores of one answer a question, in the same order; None where no question has an expected answer."""
    pairs = [(one.expected, said) for one, said in zip(questions, answers, strict=True) if one.expected]
    if not pairs:
        return None
    expected = [one for one, _ in pairs]
    given = [said if parted(one) else _words(said) for one, said in pairs]
    values = {one.key: one.of_answers(expected, given) for one in METRICS if one.of_answers is not None}
    return Scores(len(pairs), values)


def _words(said: str) -> str:
    """An answer without the thinking before it, where the data have none in their answers."""
    found = parted(said)
    return found.words if found else said
