"""How good answers are, compared with the expected ones: exact match and chrF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sacrebleu.metrics import CHRF


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
    """Scores over `count` answers.

    Attributes:
        exact: share of answers that are the expected one but for case and white space, 0 to 1.
        chrf: corpus chrF, 0 to 100 (Popović 2015, https://aclanthology.org/W15-3049, as sacrebleu computes it).
    """

    count: int
    exact: float
    chrf: float


def normalised(text: str) -> str:
    """One form for texts that differ in case and white space alone."""
    return " ".join(text.split()).casefold()


def score_answers(questions: Sequence[Question], answers: Sequence[str]) -> Scores | None:
    """Scores of one answer a question, in the same order; None where no question has an expected answer."""
    pairs = [(one.expected, said) for one, said in zip(questions, answers, strict=True) if one.expected]
    if not pairs:
        return None
    equal = sum(normalised(expected) == normalised(said) for expected, said in pairs)
    chrf = CHRF().corpus_score([said for _, said in pairs], [[expected for expected, _ in pairs]])
    return Scores(len(pairs), equal / len(pairs), float(chrf.score))
