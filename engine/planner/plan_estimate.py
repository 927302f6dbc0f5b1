"""One estimate out of the parts: memory, time, disk, verdict and warnings, as JSON for pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from engine.base_formats import base_format
from engine.core.hardware import Device
from engine.core.shapes import CodedMessage
from engine.data.templates.lengths import Counts, LengthTable
from engine.devices import kind_of, precision_for
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.objectives import objective_of
from engine.optimizers import optimizer_of
from engine.planner.memory.answering import asked_at_once
from engine.planner.memory.estimate import memory_breakdown
from engine.planner.memory.fullest import telling
from engine.planner.memory.verdict import (
    FewerFiles,
    Verdict,
    arrange,
    disk_verdict,
    limit_of,
    memory_verdict,
    room_of,
    time_verdict,
)
from engine.planner.memory.workload import MB, Workload
from engine.planner.time.corrections import ThroughputRecord, correct, settings_of
from engine.planner.time.disk import Space, disk_view, may_keep_two, merged_bytes, spaces
from engine.planner.time.speed import SAMPLE_QUESTIONS, Duration, Pace, duration_of, steps_of
from engine.shapes.plans import MemoryLine, PlannedDevice, PlanView, PrecisionView
from storage.tables import Dataset, LanguageModel

_FEW_ROWS = 20


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
    """

    spec: JobSpec
    model: LanguageModel
    dataset: Dataset
    device: Device
    table: LengthTable
    throughput: Mapping[str, Sequence[ThroughputRecord]] = field(default_factory=dict)
    disk_free_mb: int = 0
    known_shape: ModelShape | None = None

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
        return Pace(float(training["epochs"]), int(training["batch_size"]), checks, questions, scored, two)

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
    spec = case.spec
    work = Workload(
        shape=case.shape,
        method=method_of(spec.method),
        values=spec.method_params,
        precision=precision_for(case.device),
        device=case.device,
        tokens=train.longest,
        optimizer=optimizer_of(spec.training["optimizer"]),
        base_format=base_format(spec.training),
        double=bool(spec.training["double_quantisation"]),
        needs=objective_of(spec.objective).needs,
        asked=asked_at_once(spec.training, len(spec.sample_prompts)),
        batch=case.pace.batch_size,
        lengths=telling(train.lengths, case.pace.batch_size) if case.table.scale == 1.0 else (),
    )
    in_a_step = train.largest_step(case.pace.batch_size)
    return arrange(work, train.longest, in_a_step, str(spec.training["checkpointing"]), case.room_mb)


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
        "verdict": _verdict(case, work, train, duration.seconds, disk["total_mb"]).as_dict(),
        "warnings": list(_warnings(case, work, train, need_mb)),
    }


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
    return spaces(work, train, val, int(case.spec.training["keep_checkpoints"]), two=case.pace.two)


def disk_mb_of(case: PlanCase, work: Workload, train: Counts, val: Counts) -> int:
    """MB that the job writes."""
    return round(sum(space.bytes for space in spaces_of_case(case, work, train, val)) / MB)


def _verdict(case: PlanCase, work: Workload, train: Counts, seconds: float, disk_mb: int) -> Verdict:
    training, minutes = case.spec.training, case.spec.budget.minutes
    if not train.rows and case.table.refused:
        return Verdict("verdict.refused", {"n": case.table.refused})
    if not train.rows:
        return Verdict("verdict.no_rows", {"dropped": train.dropped, "max_length": training["max_length"]})
    if not work.trained and work.method.capabilities.trains:
        return Verdict("verdict.nothing_trained")
    memory = memory_verdict(work, case.limit_mb)
    if not memory.ok:
        return memory
    too_long = time_verdict(seconds, minutes, float(training["epochs"]))
    fewer = _fewer_files(case, work) if disk_mb > case.disk_limit_mb else None
    return disk_verdict(disk_mb, case.disk_limit_mb, fewer) or too_long or memory


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


def _warnings(case: PlanCase, work: Workload, train: Counts, need_mb: int) -> Iterator[CodedMessage]:
    training, free_mb = case.spec.training, case.device.free_mb
    length, context = training["max_length"], case.model.context_length
    what = objective_of(case.spec.objective).example
    found: tuple[tuple[bool, str, dict[str, Any]], ...] = (
        (free_mb < need_mb <= case.limit_mb, "memory_busy", {"need_mb": need_mb, "free_mb": free_mb}),
        (work.base_format.quantised and work.kind.slow_when_quantised, "quantised_cpu", {}),
        (work.shape.parameters > work.kind.many_parameters, "large_on_cpu", {}),
        (
            context is not None and train.longest > context,
            "over_context",
            {"longest": train.longest, "context": context},
        ),
        (train.truncated > 0, "truncated", {"n": train.truncated, "max_length": length}),
        (train.split > 0, "split", {"n": train.split, "max_length": length}),
        (train.dropped > 0, "dropped", {"n": train.dropped, "max_length": length}),
        (train.unlearnable > 0, "unlearnable", {"n": train.unlearnable}),
        (case.table.refused > 0, "refused", {"n": case.table.refused}),
        (case.table.untaught.rows > 0, "untaught", case.table.untaught.params(case.table.scale)),
        (0 < train.rows < _FEW_ROWS, "few_rows", {"n": train.rows, "what": what.as_dict()}),
        (not case.dataset.val_rows and int(training["evaluations"]) > 0, "no_validation", {}),
    )
    return ({"code": f"warning.{code}", "params": params} for applies, code, params in found if applies)
