"""Numbers over time that several objectives have."""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.core.text import Text
from engine.objectives.declaration import Chart

PERPLEXITY = Chart(
    "perplexity",
    Text("Perplexity", "困惑度"),
    Text(
        "exp(validation loss): how many tokens the model hesitates between, on average. Lower is better.",
        "exp(验证损失)：模型平均在多少个词元之间犹豫。越低越好。",
    ),
)


def perplexity(loss: float | None) -> float | None:
    """exp(loss), where that is a number."""
    return None if loss is None or loss > 700 else math.exp(loss)


def perplexity_of(loss: float) -> Mapping[str, float]:
    """What `PERPLEXITY` draws, of a validation loss."""
    found = perplexity(loss)
    return {} if found is None else {PERPLEXITY.key: found}
