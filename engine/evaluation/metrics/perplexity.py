"""How many tokens a model hesitates between."""

from __future__ import annotations

import math

from engine.core.text import Text
from engine.evaluation.metrics.declaration import EvaluationMetric

_LARGEST = 700  # exp of more is no finite number


def perplexity(loss: float | None) -> float | None:
    """exp(loss), where that is a number."""
    return None if loss is None or loss > _LARGEST else math.exp(loss)


PERPLEXITY = EvaluationMetric(
    key="perplexity",
    label=Text("evaluation.metrics.perplexity.label"),
    help=Text("evaluation.metrics.perplexity.help"),
    source="Jelinek et al. 1977, https://doi.org/10.1121/1.2016299",
    better="low",
    decimals=2,
    of_loss=perplexity,
    lowest=1.0,
)
