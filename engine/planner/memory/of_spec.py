"""One step of a job as memory sees it, from its settings: the plan and the worker both ask here, so that what was promised is what runs."""

from __future__ import annotations

from engine.base_formats import base_format
from engine.core.hardware import Device
from engine.data.bundles.arranged import arranged_lengths
from engine.data.bundles.written import WrittenAnswers, written_at_once
from engine.data.templates.lengths import Counts
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
    train: Counts,
    measured: tuple[MemoryRecord, ...] = (),
    *,
    complete: bool = True,
    scorers: float = 0.0,
) -> Workload:
    """How many tokens at a time, and whether to recompute activations, within the budget's memory.

    Args:
        train: the training examples.
        measured: what this machine measured of jobs with the same model and method.
        scorers: bytes of the models that score its answers.
        complete: their lengths are those of all examples, not of a sample.
    """
    training, objective, method = spec.training, objective_of(spec.objective), method_of(spec.method)
    taken = arranged_lengths(train.lengths, train.bundles, packs=method.capabilities.packing and shape.keeps.packs)
    smallest = taken.largest if objective.whole or not train.bundles else train.longest
    lengths = taken.descending
    batch = int(training["batch_size"])
    work = Workload(
        shape=shape,
        method=method,
        values=spec.method_params,
        precision=precision_for(device),
        device=device,
        tokens=smallest,
        optimizer=optimizer_of(training["optimizer"]),
        base_format=base_format(training),
        double=bool(training["double_quantisation"]),
        needs=objective.needs(training),
        measured=measured,
        held=trained_format(training),
        moved=offload(training),
        asked=asked_at_once(training, len(spec.sample_prompts)),
        batch=batch,
        lengths=telling(lengths, batch) if complete else (),
        written=_written(spec, train),
        attended=taken.attended,
        read_again=taken.read_again,
        scorers=scorers,
    )
    room_mb = room_of(limit_of(device, spec.budget.memory_mb), spec.budget.goal)
    step_tokens = sum(lengths[:batch])
    return arrange(work, smallest, step_tokens, str(training["checkpointing"]), room_mb, row=train.longest)


def _written(spec: JobSpec, train: Counts) -> WrittenAnswers | None:
    online = objective_of(spec.objective).online
    if online is None or not train.bundles:
        return None
    asked = 1 + max(one.shared for one in train.bundles)
    prompts = min(int(spec.training["batch_size"]), max(1, train.rows))
    return written_at_once(prompts, online.answers(spec.training), asked, online.new_tokens(spec.training))


def smallest_group(spec: JobSpec, train: Counts, work: Workload) -> int:
    """Tokens below which no group of a job's examples can be: of the largest example, or of the longest sequence where examples may
    be cut into theirs."""
    whole = objective_of(spec.objective).whole or not train.bundles
    return arranged_lengths(train.lengths, train.bundles, packs=work.packs).largest if whole else train.longest
