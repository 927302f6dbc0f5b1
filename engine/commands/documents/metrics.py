"""The page of the docs about the metrics by which models are evaluated."""

from __future__ import annotations

from engine.commands.documents.tables import markdown_table, shown_number
from engine.core.text import Text
from engine.evaluation.metrics import METRICS
from engine.evaluation.metrics.declaration import EvaluationMetric

_TITLE = Text("commands.documents.metrics.title")
_LEAD = Text("commands.documents.metrics.lead")
_HEADS = (
    Text("commands.documents.metrics.heads.metric"),
    Text("commands.documents.metrics.heads.key"),
    Text("commands.documents.metrics.heads.better"),
    Text("commands.documents.metrics.heads.range"),
    Text("commands.documents.metrics.heads.computed_from"),
    Text("commands.documents.metrics.heads.what_it_means"),
    Text("commands.documents.metrics.heads.after"),
)
_BETTER = {"low": Text("commands.documents.metrics.better.low"), "high": Text("commands.documents.metrics.better.high")}
_NEEDS = {
    "answers": Text("commands.documents.metrics.needs.answers"),
    "loss": Text("commands.documents.metrics.needs.loss"),
}


def metrics_page(language: str) -> str:
    """The whole page in one language."""
    table = markdown_table([head.in_(language) for head in _HEADS], [_row(metric, language) for metric in METRICS])
    return "\n\n".join([f"# {_TITLE.in_(language)}", _LEAD.in_(language), table]) + "\n"


def _row(metric: EvaluationMetric, language: str) -> list[str]:
    ends = ["…" if bound is None else shown_number(bound) for bound in (metric.lowest, metric.highest)]
    better, needs = _BETTER[metric.better].in_(language), _NEEDS[metric.needs].in_(language)
    name = f"**{metric.label.in_(language)}**"
    return [name, f"`{metric.key}`", better, " – ".join(ends), needs, metric.help.in_(language), metric.source]
