"""One estimate out of the parts: memory, time, disk, verdict and warnings, as JSON for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from engine.core.hardware import Device
from engine.data.templates.lengths import Counts, LengthTable
from engine.devices import kind_of
from engine.jobs.spec import JobSpec
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.objectives import objective_of
from engine.planner.changed import changed_spec, is_possible
from engine.planner.download import download_spaces
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.memory.estimate import memory_breakdown, total_mb
from engine.planner.memory.occupied import Own, beside_others, nothing_own
from engine.planner.memory.of_spec import workload_of_spec
from engine.planner.memory.outliers import Outliers, leave_out_verdict, outlier_advice
from engine.planner.memory.peak_phases import StepMeasures
from engine.planner.memory.ram import fits_ram, ram_verdict
from engine.planner.memory.verdict import (
    FewerFiles,
    Verdict,
    disk_verdict,
    limit_of,
    memory_verdict,
    room_of,
)
from engine.planner.memory.workload import MB, Workload
from engine.planner.time.corrections import ThroughputRecord, correct, settings_of
from engine.planner.time.disk import Space, disk_view, may_keep_two, merged_bytes, spaces
from engine.planner.time.limit import time_verdict
from engine.planner.time.speed import SAMPLE_QUESTIONS, Duration, Pace, duration_of, steps_of
from engine.planner.warnings import PlanFacts, warnings_of
from engine.shapes.plans import MemoryLine, PlannedDevice, PlanView, PrecisionView
from storage.tables import Dataset, LanguageModel


@dataclass(frozen=True)
class PlanCase:
    """A complete spec with all that it names.

    Attributes:
        spec: the job's settings, checked.
        model: its base model.
        dataset: its data set.
        device: that it runs on, or a device of the catalogue.
        table: lengths of the data set's rows in the model's tokens.
        throughput: what this machine measured with the model, by method.
        disk_free_mb: MB that are free where the job writes.
        known_shape: the model's shape where it was read before.
        memory: what this machine measured of the memory that jobs with the model took.
        own: () -> what this program itself holds on the device now.
        ram_mb: RAM of this machine beside the device's own memory; None where the device is planned for or is the RAM itself.
        scorers: bytes of the models that score the job's answers.
    """

    spec: JobSpec
    model: LanguageModel
    dataset: Dataset
    device: Device
    table: LengthTable
    throughput: Mapping[str, Sequence[ThroughputRecord]] = field(default_factory=dict)
    disk_free_mb: int = 0
    known_shape: ModelShape | None = None
    memory: tuple[MemoryRecord, ...] = ()
    own: Callable[[], Own] = nothing_own
    ram_mb: int | None = None
    scorers: float = 0.0

    @property
    def shape(self) -> ModelShape:
        """The model's measures. Raises Fault("model.config_unknown")."""
        return self.known_shape or shape_of(self.model.config, self.model.parameters)

    @property
    def limit_mb(self) -> int:
        """MB that the job may use."""
        return limit_of(self.device, self.spec.budget.memory_mb)

    @property
    def disk_limit_mb(self) -> int:
        """MB that the job may write: the budget, within what is free."""
        return min(self.disk_free_mb, self.spec.budget.disk_mb or self.disk_free_mb)

    @property
    def room_mb(self) -> int:
        """MB that groups of examples may fill up to."""
        return room_of(self.limit_mb, self.spec.budget.goal)

    @property
    def pace(self) -> Pace:
        """How the job is cut up."""
        training = self.spec.training
        questions = len(self.spec.sample_prompts) or SAMPLE_QUESTIONS
        checks, scored = int(training["evaluations"]), int(training.get("scored_answers", 0))
        two = may_keep_two(training, self.dataset.val_rows)
        repeats = objective_of(self.spec.objective).repeats(training)
        return Pace(float(training["epochs"]), int(training["batch_size"]), checks, questions, scored, two, repeats)

    def counts(self) -> tuple[Counts, Counts]:
        """What training sees of the train and of the validation rows."""
        counts, training = objective_of(self.spec.objective).counts, self.spec.training
        return counts(self.table.train_index, training), counts(self.table.val_index, training)


def incomplete(missing: Sequence[str]) -> PlanView:
    """The answer to a form that is not filled in yet."""
    verdict = Verdict("verdict.incomplete", {"missing": list(missing)})
    return {
        "device": None,
        "precision": None,
        "attention": None,
        "memory": {"items": [], "total_mb": 0, "limit_mb": 0},
        "seconds": None,
        "time": None,
        "disk": {"items": [], "total_mb": 0, "free_mb": 0, "export_mb": 0},
        "recompute": False,
        "groups": {"tokens": 0, "per_step": 0},
        "exact": True,
        "verdict": verdict.as_dict(),
        "warnings": [],
        "trainable": 0,
        "reach": {"adapted": [], "kept": []},
        "rows": 0,
        "tokens_per_epoch": 0,
        "trained_tokens": 0,
        "steps": 0,
        "truncated": 0,
        "dropped": 0,
        "disk_mb": 0,
    }


def workload(case: PlanCase, train: Counts) -> Workload:
    """What the job holds, worked through as the engine would."""
    measured = tuple(one for one in case.memory if one.method == case.spec.method)
    complete = case.table.scale == 1.0
    return workload_of_spec(
        case.spec, case.shape, case.device, train, measured, complete=complete, scorers=case.scorers
    )


def device_view(device: Device) -> PlannedDevice:
    """The JSON form of a device that something is planned for: {key, name, kind, memory_mb, free_mb}."""
    kind = kind_of(device).label.as_dict()
    return {
        "key": device.key,
        "name": device.name,
        "kind": kind,
        "memory_mb": device.memory_mb,
        "free_mb": device.free_mb,
    }


def estimate(case: PlanCase) -> PlanView:
    """The whole plan; see `engine.services.planning.estimates.plan` for the form."""
    train, val = case.counts()
    work = workload(case, train)
    duration = duration_of_case(case, work, train, val)
    disk = disk_view(spaces_of_case(case, work, train, val), case.disk_limit_mb)
    lines = memory_view(work)
    need_mb = sum(line["mb"] for line in lines)
    adapted, kept = work.method.reach(work.shape, work.values)
    return {
        "device": device_view(case.device),
        "precision": cast(PrecisionView, asdict(work.precision)),
        "attention": StepMeasures(work, work.footprint).attention.message(),
        "memory": {
            "items": lines,
            "total_mb": need_mb,
            "limit_mb": case.limit_mb,
        },
        "groups": {"tokens": work.tokens, "per_step": work.groups},
        "trainable": work.trained,
        "reach": {"adapted": adapted, "kept": kept},
        "rows": train.rows,
        "tokens_per_epoch": train.tokens,
        "trained_tokens": train.trained,
        "steps": steps_of(train.rows, case.pace) if work.method.capabilities.trains else 0,
        "seconds": round(duration.seconds, 1),
        "time": duration.as_dict(),
        "truncated": train.truncated,
        "dropped": train.dropped,
        "recompute": work.recompute,
        "exact": case.table.scale == 1.0,
        "disk_mb": disk["total_mb"],
        "disk": {**disk, "export_mb": round(merged_bytes(work) / MB)},
        "verdict": _verdict(case, work, train, duration, disk["total_mb"]).as_dict(),
        "warnings": [
            *outlier_advice(outliers_of(case, work, train), case.limit_mb),
            *warnings_of(_facts(case, work, train, need_mb, duration)),
        ],
    }


def outliers_of(case: PlanCase, work: Workload, train: Counts) -> Outliers:
    """The longest examples, and what the job would take without them."""
    index, objective, same = (
        case.table.train_index,
        objective_of(case.spec.objective),
        replace(case, known_shape=work.shape),
    )

    def without(length: int) -> tuple[Counts, int]:
        counts = objective.counts(index, {**case.spec.training, "max_length": length, "over_length": "drop"})
        return counts, total_mb(workload(same, counts))

    return Outliers(index.every_length, train, case.spec.training.get("over_length"), total_mb(work), without)


def memory_view(work: Workload) -> list[MemoryLine]:
    """The items of the memory breakdown in MB; those that round to nothing are left out."""
    lines: Iterator[MemoryLine] = (
        {"key": item.key, "mb": round(item.bytes / MB), "formula": item.formula, "source": item.source}
        for item in memory_breakdown(work)
    )
    return [line for line in lines if line["mb"]]


def duration_of_case(case: PlanCase, work: Workload, train: Counts, val: Counts) -> Duration:
    """How long the job takes, corrected by what this machine measured, above all with the same method."""
    measured = [one for found in case.throughput.values() for one in found]
    return duration_of(work, train, val, case.pace, correct(measured, settings_of(case.spec, work)))


def spaces_of_case(case: PlanCase, work: Workload, train: Counts, val: Counts) -> list[Space]:
    """What the job writes, line by line."""
    written = spaces(work, train, val, int(case.spec.training["keep_checkpoints"]), two=case.pace.two)
    return [*download_spaces(case.model), *written]


def disk_mb_of(case: PlanCase, work: Workload, train: Counts, val: Counts) -> int:
    """MB that the job writes."""
    return round(sum(space.bytes for space in spaces_of_case(case, work, train, val)) / MB)


def _verdict(case: PlanCase, work: Workload, train: Counts, time: Duration, disk_mb: int) -> Verdict:
    training, minutes = case.spec.training, case.spec.budget.minutes
    if not train.rows and case.table.refused:
        return Verdict("verdict.refused", {"n": case.table.refused})
    if not train.rows:
        return Verdict("verdict.no_rows", {"dropped": train.dropped, "max_length": training["max_length"]})
    if not work.trained and work.method.capabilities.trains:
        return Verdict("verdict.nothing_trained")
    memory = memory_verdict(work, case.limit_mb, lambda change: _work_with(case, change))
    if not memory.ok:
        if few := outliers_of(case, work, train).that_fit(case.limit_mb):
            return leave_out_verdict(few, case.limit_mb)
        return replace(memory, change=_with_passes(case, memory.change))
    if (short := ram_verdict(work, case.ram_mb, lambda change: _fits_with(case, change))) is not None:
        return short
    too_long = time_verdict(time, minutes, training, lambda change: _time_with(case, work, change))
    fewer = _fewer_files(case, work) if disk_mb > case.disk_limit_mb else None
    return (
        disk_verdict(disk_mb, case.disk_limit_mb, fewer)
        or too_long
        or beside_others(memory, case.device, total_mb(work), case.own)
    )


def _with_passes(case: PlanCase, change: Mapping[str, Any]) -> dict[str, Any]:
    """Another method keeps the plan's passes."""
    return {**change, "training.epochs": case.spec.training["epochs"]} if "method" in change else dict(change)


def _case_with(case: PlanCase, change: Mapping[str, Any]) -> PlanCase | None:
    """The case with a change taken over; None where that would be refused, or leaves no rows."""
    shape = case.shape
    if (spec := changed_spec(case.spec, change, shape.parameters)) is None:
        return None
    then = replace(case, spec=spec, known_shape=shape)
    rows = then.counts()[0].rows
    return then if rows and is_possible(spec, shape, case.device, steps_of(rows, then.pace)) else None


def _work_with(case: PlanCase, change: Mapping[str, Any]) -> Workload | None:
    """What the job holds once a change is taken over; None where it would be refused."""
    then = _case_with(case, _with_passes(case, change))
    return workload(then, then.counts()[0]) if then is not None else None


def _fits_with(case: PlanCase, change: Mapping[str, Any]) -> bool:
    """Whether memory and RAM suffice once a change is taken over."""
    then = _work_with(case, change)
    return then is not None and total_mb(then) <= case.limit_mb and fits_ram(then, case.ram_mb)


def _time_with(case: PlanCase, work: Workload, change: Mapping[str, Any]) -> Duration | None:
    """The time with some settings of training changed that leave memory as it is; None where that would be refused."""
    then = _case_with(case, {f"training.{key}": value for key, value in change.items()})
    return duration_of_case(then, work, *then.counts()) if then is not None else None


def _fewer_files(case: PlanCase, work: Workload) -> FewerFiles | None:
    """The most checkpoints that the disk has room for, if fewer would do; else without the best one beside the last."""
    most = int(case.spec.training["keep_checkpoints"])
    fewer: list[dict[str, Any]] = [{"keep_checkpoints": keep} for keep in range(most - 1, 0, -1)]
    lone: list[dict[str, Any]] = [{"model_from": "last", **change} for change in ({}, *fewer)] if case.pace.two else []
    for change in (*fewer, *lone):
        then = replace(case, spec=replace(case.spec, training={**case.spec.training, **change}))
        if (need_mb := disk_mb_of(then, work, *case.counts())) <= case.disk_limit_mb:
            return FewerFiles(change, int(then.spec.training["keep_checkpoints"]), need_mb)
    return None


def _facts(case: PlanCase, work: Workload, train: Counts, need_mb: int, time: Duration) -> PlanFacts:
    return PlanFacts(
        spec=case.spec,
        model=case.model,
        dataset=case.dataset,
        device=case.device,
        table=case.table,
        work=work,
        train=train,
        need_mb=need_mb,
        limit_mb=case.limit_mb,
        time=time,
    )
