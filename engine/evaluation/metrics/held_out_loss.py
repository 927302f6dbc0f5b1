"""The mean loss on held-out examples."""

from __future__ import annotations

from engine.core.text import Text
from engine.evaluation.metrics.declaration import LOSS_SERIES, EvaluationMetric

HELD_OUT_LOSS = EvaluationMetric(
    key="loss",
    label=Text("evaluation.metrics.held_out_loss.loss.label"),
    help=Text("evaluation.metrics.held_out_loss.loss.help"),
    source="PyTorch, `cross_entropy`",
    better="low",
    decimals=4,
    of_loss=lambda loss: loss,
    style="loss",
    curve=LOSS_SERIES,
)
