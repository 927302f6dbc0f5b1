"""What a plan warns of: each rule looks at the plan's facts and says at most a sentence, where it can with the change that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.core.hardware import Device
from engine.core.shapes import Change
from engine.data.templates.lengths import Counts, LengthTable
from engine.jobs.spec import JobSpec
from engine.objectives import objective_of
from engine.planner.memory.workload import Workload
from engine.shapes.plans import WarningView
from storage.tables import Dataset, LanguageModel

_FEW_ROWS = 20


@dataclass(frozen=True)
class PlanFacts:
    """What the rules look at.

    Attributes:
        spec: the job's settings.
        model, dataset: what it trains, and on what.
        device: that it runs on.
        table: measured lengths of the rows.
        work: one step as memory sees it.
        train: the training rows under the job's limits.
        need_mb: memory that the job takes.
        limit_mb: memory that it may use.
        seconds: that it takes.
    """

    spec: JobSpec
    model: LanguageModel
    dataset: Dataset
    device: Device
    table: LengthTable
    work: Workload
    train: Counts
    need_mb: int
    limit_mb: int
    seconds: float


def _warning(code: str, change: Change | None = None, /, **params: Any) -> WarningView:
    found: WarningView = {"code": f"warning.{code}", "params": params}
    return found | {"change": change} if change else found  # type: ignore[return-value]


def _slow(facts: PlanFacts) -> Iterator[WarningView]:
    kind = facts.work.kind
    if facts.work.base_format.quantised and kind.slow_when_quantised:
        yield _warning("quantised_cpu")
    if facts.work.shape.parameters > kind.many_parameters:
        yield _warning("large_on_cpu")


def _lengths(facts: PlanFacts) -> Iterator[WarningView]:
    train, context, length = facts.train, facts.model.context_length, facts.spec.training["max_length"]
    if context is not None and train.longest > context:
        yield _warning("over_context", longest=train.longest, context=context)
    for code, n in (("truncated", train.truncated), ("split", train.split), ("dropped", train.dropped)):
        if n:
            yield _warning(code, n=n, max_length=length)
    if train.unlearnable:
        yield _warning("unlearnable", n=train.unlearnable)


def _rows(facts: PlanFacts) -> Iterator[WarningView]:
    table, n = facts.table, facts.train.rows
    if table.refused:
        yield _warning("refused", n=table.refused)
    if table.untaught.rows:
        yield _warning("untaught", **table.untaught.params(table.scale))
    if 0 < n < _FEW_ROWS:
        yield _warning("few_rows", n=n, what=objective_of(facts.spec.objective).example.as_dict())
    if not facts.dataset.val_rows and int(facts.spec.training["evaluations"]) > 0:
        yield _warning("no_validation")


RULES: tuple[Callable[[PlanFacts], Iterator[WarningView]], ...] = (_slow, _lengths, _rows)


def warnings_of(facts: PlanFacts) -> list[WarningView]:
    """What is to be said before a job with this plan starts, in the order of `RULES`."""
    return [warning for rule in RULES for warning in rule(facts)]
