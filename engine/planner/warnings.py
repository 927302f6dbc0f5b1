"""What a plan warns of: each rule looks at the plan's facts and says at most a sentence, where it can with the change that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import floor
from typing import Any

from engine.core.hardware import Device
from engine.core.shapes import Change
from engine.data.templates.lengths import Counts, LengthTable
from engine.data.templates.losses import by_kind, reason_in
from engine.devices import DEVICE_KINDS, preference
from engine.jobs.spec import JobSpec
from engine.methods.common.rates import RATE
from engine.objectives import objective_of
from engine.planner.download import download_bytes
from engine.planner.memory.offloaded import ram_bytes
from engine.planner.memory.verdict import in_billions
from engine.planner.memory.workload import MB, Workload
from engine.planner.time.limit import EXTRAS_SHARE
from engine.planner.time.speed import Duration
from engine.shapes.plans import WarningView
from storage.tables import Dataset, LanguageModel

DAY = 86_400.0  # seconds; a job that takes longer is nobody's first choice
_FEW_ROWS = 20
_FAR = 5.0  # times the learning rate that suits, or less than one such part of it
_LEAST_PASSES, _LEAST_SEEN = 0.25, 100


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
        time: that it takes, part by part.
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
    time: Duration


def least_passes(rows: int) -> float:
    """The fewest passes that teach anything: a quarter of the data, or 100 examples of large data."""
    return min(_LEAST_PASSES, _LEAST_SEEN / max(1, rows))


def warning(code: str, change: Change | None = None, /, **params: Any) -> WarningView:
    """The text `plan.warning.<code>`, with the change that takes its reason away where there is one."""
    found: WarningView = {"code": f"warning.{code}", "params": params}
    return found | {"change": change} if change else found  # type: ignore[return-value]


def _slow(facts: PlanFacts) -> Iterator[WarningView]:
    kind = facts.work.kind
    if facts.work.base_format.quantised and kind.slow_when_quantised:
        yield warning("quantised_cpu")
    if facts.work.shape.parameters > kind.many_parameters:
        yield warning("large_on_cpu")
    if facts.work.moved.state:
        yield warning("in_ram", need_mb=round(ram_bytes(facts.work) / MB))
    if download := download_bytes(facts.model):
        yield warning("download", size_mb=round(download / MB))


def _lengths(facts: PlanFacts) -> Iterator[WarningView]:
    train, context, length = facts.train, facts.model.context_length, facts.spec.training["max_length"]
    if context is not None and train.longest > context:
        yield warning("over_context", longest=train.longest, context=context)
    for code, n in (("truncated", train.truncated), ("split", train.split), ("dropped", train.dropped)):
        if n:
            yield warning(code, n=n, max_length=length)
    if train.unlearnable:
        yield warning("unlearnable", n=train.unlearnable)


def _rows(facts: PlanFacts) -> Iterator[WarningView]:
    table, n = facts.table, facts.train.rows
    for kind, count in by_kind(table.refusals).items():
        told = {"n": round(count * table.scale), "rows": table.rows, "model": facts.model.name or ""}
        yield warning(f"refused_{kind}", **told, reason=reason_in(kind, table.reasons))
    if table.untaught.rows:
        yield warning("untaught", **table.untaught.params(table.scale))
    if 0 < n < _FEW_ROWS:
        yield warning("few_rows", n=n, what=objective_of(facts.spec.objective).example.as_dict())
    if not facts.dataset.val_rows and int(facts.spec.training["evaluations"]) > 0:
        yield warning("no_validation")


def _too_long(facts: PlanFacts) -> Iterator[WarningView]:
    """Over a day without a limit that says so; with as many passes as a day holds, where those teach anything."""
    if facts.spec.budget.minutes is not None or facts.time.seconds <= DAY:
        return
    epochs = float(facts.spec.training["epochs"])
    training = facts.time.parts.get("training", 0.0)
    fewer = floor(100 * epochs * (DAY - facts.time.seconds + training) / training) / 100 if training else 0.0
    if fewer < least_passes(facts.train.rows):
        yield warning("days", days=_days(facts.time.seconds))
    else:
        yield passes_within_a_day(facts.time.seconds, fewer, epochs, {"training.epochs": fewer})


def passes_within_a_day(seconds: float, fewer: float, epochs: float, change: Change) -> WarningView:
    """That a job takes days, and with how many passes it does not."""
    share, told = round(100 * min(1.0, fewer)), {"epochs": f"{fewer:g}", "of": f"{epochs:g}"}
    return warning("days_passes", change, days=_days(seconds), percent=share, **told)


def _days(seconds: float) -> float:
    return round(seconds / DAY, 1)


def _extras(facts: PlanFacts) -> Iterator[WarningView]:
    """Under a limit of time, what tells of the base has a share of it: more than that is thinned or left out."""
    minutes, units = facts.spec.budget.minutes, facts.time.units
    if minutes is None or units is None or not facts.work.method.capabilities.trains:
        return
    share = EXTRAS_SHARE * max(0.0, 60 * minutes - units.start)
    if units.extras > share:
        yield warning("extras", seconds=round(units.extras), share=round(share))


def _idle(facts: PlanFacts) -> Iterator[WarningView]:
    """A device of a better kind is here, and the job would not run on it."""
    if facts.device.planned_as:
        return
    better = [device for kind in DEVICE_KINDS[: DEVICE_KINDS.index(facts.work.kind)] for device in kind.find()]
    if usable := [device for device in better if device.usable]:
        best = max(usable, key=preference)
        yield warning("idle", {"budget.device": best.key}, device=best.name)
    elif better:
        yield warning("idle_unusable", device=better[0].name)


def _rate(facts: PlanFacts) -> Iterator[WarningView]:
    """A learning rate that is far from what suits the method on a model of this size."""
    training, objective = facts.spec.training, objective_of(facts.spec.objective)
    suits = objective.defaults_of(facts.work.method, facts.work.shape.parameters).get(RATE)
    if suits is None or RATE in objective.own or facts.work.optimizer.quality is None:
        return
    rate = float(training[RATE])
    if not suits / _FAR <= rate <= suits * _FAR:
        code = "rate_high" if rate > suits else "rate_low"
        named = {"method": facts.work.method.label.as_dict(), "parameters": in_billions(facts.work.shape.parameters)}
        yield warning(code, {f"training.{RATE}": suits}, rate=f"{rate:.2g}", suits=f"{suits:.2g}", **named)


RULES: tuple[Callable[[PlanFacts], Iterator[WarningView]], ...] = (
    _rows,
    _lengths,
    _idle,
    _slow,
    _too_long,
    _extras,
    _rate,
)


def warnings_of(facts: PlanFacts) -> list[WarningView]:
    """What is to be said before a job with this plan starts, in the order of `RULES`."""
    return [found for rule in RULES for found in rule(facts)]
