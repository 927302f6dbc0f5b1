"""Numbers over time of objectives that learn from better and worse answers."""

from __future__ import annotations

from engine.core.text import Text
from engine.objectives.declaration import Chart

ACCURACY = Chart(
    "accuracy", Text("objectives.preference.charts.accuracy.label"), Text("objectives.preference.charts.accuracy.help")
)
MARGIN = Chart(
    "margin", Text("objectives.preference.charts.margin.label"), Text("objectives.preference.charts.margin.help")
)
CHOSEN = Chart(
    "chosen_logp", Text("objectives.preference.charts.chosen.label"), Text("objectives.preference.charts.chosen.help")
)
REJECTED = Chart(
    "rejected_logp",
    Text("objectives.preference.charts.rejected.label"),
    Text("objectives.preference.charts.rejected.help"),
)
PREFERENCE = Chart(
    "preference_loss",
    Text("objectives.preference.charts.preference_loss.label"),
    Text("objectives.preference.charts.preference_loss.help"),
)
KL = Chart("kl", Text("objectives.preference.charts.kl.label"), Text("objectives.preference.charts.kl.help"))
PAIR_CHARTS = (ACCURACY, MARGIN, CHOSEN, REJECTED, PREFERENCE)
