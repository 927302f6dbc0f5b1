"""chrF: the likeness of letters, in any language."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.text import Text
from engine.evaluation.metrics.declaration import EvaluationMetric


def _score(expected: Sequence[str], said: Sequence[str]) -> float:
    from sacrebleu.metrics import CHRF as SacreChrf

    return float(SacreChrf().corpus_score(list(said), [list(expected)]).score)


CHRF = EvaluationMetric(
    key="chrf",
    label=Text("evaluation.metrics.chrf.label"),
    help=Text("evaluation.metrics.chrf.help"),
    source="Popović 2015, https://aclanthology.org/W15-3049; sacrebleu",
    better="high",
    decimals=1,
    of_answers=_score,
    highest=100.0,
)
