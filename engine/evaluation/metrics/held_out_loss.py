"""The mean loss on held-out examples."""

from __future__ import annotations

from engine.core.text import Text
from engine.evaluation.metrics.declaration import LOSS_SERIES, EvaluationMetric

HELD_OUT_LOSS = EvaluationMetric(
    key="loss",
    label=Text("Loss", "损失"),
    help=Text(
        "Mean loss on the validation split at the end; lower is better", "训练结束时验证集上的平均损失；越低越好"
    ),
    source="PyTorch, `cross_entropy`",
    better="low",
    decimals=4,
    of_loss=lambda loss: loss,
    style="loss",
    curve=LOSS_SERIES,
)
