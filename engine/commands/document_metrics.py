"""The page of the docs about the metrics by which models are evaluated."""

from __future__ import annotations

from engine.commands.document_tables import markdown_table, shown_number
from engine.core.text import Text
from engine.evaluation.metrics import METRICS
from engine.evaluation.metrics.declaration import EvaluationMetric

_TITLE = Text("Metrics", "指标")
_LEAD = Text(
    "By what jobs and comparisons say how good a model is on examples that it did not learn from. A difference counts only where "
    "it is larger than the spread between seeds. This page is generated from the declarations by "
    "`python -m engine.commands.document`; a test fails when it is out of date.",
    "任务和比较用哪些指标说明模型在未学习过的样本上的表现。只有超出种子之间波动的差异才算数。"
    "本页由 `python -m engine.commands.document` 根据声明生成；过期时测试会失败。",
)
_HEADS = (
    Text("Metric", "指标"),
    Text("Key", "键"),
    Text("Better", "更好"),
    Text("Range", "范围"),
    Text("Computed from", "计算依据"),
    Text("What it means", "含义"),
    Text("After", "出处"),
)
_BETTER = {"low": Text("lower", "越低"), "high": Text("higher", "越高")}
_NEEDS = {
    "answers": Text(
        "answers to questions of the validation split, beside the expected ones", "对验证集问题的回答与参考答案"
    ),
    "loss": Text("the validation loss", "验证损失"),
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
