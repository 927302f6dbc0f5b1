"""Every metric by which models are evaluated: one explicit tuple, in the order of tables."""

from __future__ import annotations

from engine.evaluation.metrics.chrf import CHRF
from engine.evaluation.metrics.declaration import EvaluationMetric
from engine.evaluation.metrics.exact_match import EXACT_MATCH
from engine.evaluation.metrics.held_out_loss import HELD_OUT_LOSS
from engine.evaluation.metrics.perplexity import PERPLEXITY

METRICS: tuple[EvaluationMetric, ...] = (
    HELD_OUT_LOSS,
    PERPLEXITY,
    EXACT_MATCH,
    CHRF,
)
