"""Numbers over time that several objectives have."""

from __future__ import annotations

from collections.abc import Mapping

from engine.evaluation.metrics import perplexity as metric
from engine.objectives.declaration import Chart

PERPLEXITY = Chart(metric.PERPLEXITY.key, metric.PERPLEXITY.label, metric.PERPLEXITY.help)


def perplexity_of(loss: float) -> Mapping[str, float]:
    """What `PERPLEXITY` draws, of a validation loss."""
    found = metric.perplexity(loss)
    return {} if found is None else {PERPLEXITY.key: found}
