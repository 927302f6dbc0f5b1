"""One step of a job as memory sees it, from its settings: the plan and the worker both ask here, so that what was promised is what runs."""

from __future__ import annotations

from collections.abc import Sequence

from engine.base_formats import base_format
from engine.core.hardware import Device
from engine.devices import precision_for
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.shape import ModelShape
from engine.objectives import objective_of
from engine.optimizers import optimizer_of
from engine.optimizers.offload import offload
from engine.optimizers.trained_format import trained_format
from engine.planner.memory.answering import asked_at_once
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.memory.fullest import telling
from engine.planner.memory.verdict import arrange, limit_of, room_of
from engine.planner.memory.workload import Workload


def workload_of_spec(
    spec: JobSpec,
    shape: ModelShape,
    device: Device,
    lengths: Sequence[int],
    measured: tuple[MemoryRecord, ...] = (),
    *,
    complete: bool = True,
) -> Workload:
    """How many tokens at a time, and whether to recompute activations, within the budget's memory.

    Args:
        lengths: tokens of the training examples, the longest first.
        measured: what this machine measured of jobs with the same model and method.
        complete: `lengths` are of all examples, not of a sample.
    """
    training, longest = spec.training, lengths[0] if lengths else 0
    batch = int(training["batch_size"])
    work = Workload(
        shape=shape,
        method=method_of(spec.method),
        values=spec.method_params,
        precision=precision_for(device),
        device=device,
        tokens=longest,
        optimizer=optimizer_of(training["optimizer"]),
        base_format=base_format(training),
        double=bool(training["double_quantisation"]),
        needs=objective_of(spec.objective).needs(training),
        measured=measured,
        held=trained_format(training),
        moved=offload(training),
        asked=asked_at_once(training, len(spec.sample_prompts)),
        batch=batch,
        lengths=telling(lengths, batch) if complete else (),
    )
    room_mb = room_of(limit_of(device, spec.budget.memory_mb), spec.budget.goal)
    return arrange(work, longest, sum(lengths[:batch]), str(training["checkpointing"]), room_mb)
