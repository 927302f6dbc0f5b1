"""Numbers over time that several objectives have."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.text import Text
from engine.evaluation.metrics import perplexity as metric
from engine.objectives.declaration import Chart, Outcome

PERPLEXITY = Chart(metric.PERPLEXITY.key, metric.PERPLEXITY.label, metric.PERPLEXITY.help)

PAIRS_RIGHT = Outcome("val_accuracy", Text("objectives.charts.pairs_right"))
REWARD_REACHED = Outcome("val_reward", Text("objectives.charts.reward_reached"), share=False)
WINS = Outcome("val_win_rate", Text("objectives.charts.wins"))


def perplexity_of(loss: float) -> Mapping[str, float]:
    """What `PERPLEXITY` draws, of a validation loss."""
    found = metric.perplexity(loss)
    return {} if found is None else {PERPLEXITY.key: found}
