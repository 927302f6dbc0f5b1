"""The share of answers that are the expected ones."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.text import Text
from engine.evaluation.metrics.declaration import EvaluationMetric


def normalised(text: str) -> str:
    """One form for texts that differ in case and white space alone."""
    return " ".join(text.split()).casefold()


def _share(expected: Sequence[str], said: Sequence[str]) -> float:
    equal = sum(normalised(one) == normalised(other) for one, other in zip(expected, said, strict=True))
    return equal / len(expected)


EXACT_MATCH = EvaluationMetric(
    key="exact",
    label=Text("evaluation.metrics.exact_match.exact.label"),
    help=Text("evaluation.metrics.exact_match.exact.help"),
    source="Rajpurkar et al. 2016, arXiv:1606.05250",
    better="high",
    decimals=3,
    of_answers=_share,
    style="percent",
    highest=1.0,
)
