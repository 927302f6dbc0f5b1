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
    label=Text("Exact match", "完全匹配"),
    help=Text(
        "Share of answers that are the expected ones, but for case and white space",
        "与参考答案一致的回答比例（忽略大小写和空白）",
    ),
    source="Rajpurkar et al. 2016, arXiv:1606.05250",
    better="high",
    decimals=3,
    of_answers=_share,
    style="percent",
    highest=1.0,
)
