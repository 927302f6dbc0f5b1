"""What a worker measured of this machine's speed, kept for the plans to come."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from engine.core.context import Context
from engine.jobs.reporter import Reporter
from engine.objectives import objective_of
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.memory.workload import Workload
from engine.planner.time.corrections import MODEL_VERSION, PARTS, correct, machine_of, settings_of
from engine.planner.time.disk import may_keep_two
from engine.planner.time.speed import Pace, parts_of, steps_of, units_of
from engine.planner.time.units import UnitTimes
from engine.services.planning.estimates import throughput_of
from engine.services.planning.measured import MEMORY
from engine.training.batches.counted import counts_of
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.loop.inputs import Inputs
from storage.queries.corrections import add_correction

_FEWEST_STEPS = 3
_OTHER_PARTS = tuple(part for part in PARTS if part != "training")
_log = logging.getLogger(__name__)


def keep(
    reporter: Reporter,
    inputs: Inputs,
    work: Workload,
    source: str,
    speeds: Mapping[str, float],
    tokens_per_s: float,
    memory: MemoryRecord | None = None,
) -> None:
    """Keep measured over modelled speeds, by part, and the memory, for this machine, device, model and method."""
    told = {MEMORY: memory.as_dict()} if memory is not None and memory.plausible else {}
    row = {
        "machine": machine_of(inputs.device),
        "device": inputs.device.key,
        "base_model_id": inputs.base.id,
        "method": inputs.method.key,
        "source": source,
        "job_id": reporter.job_id,
        "model_version": MODEL_VERSION,
        "speeds": {**speeds, **told},
        "settings": settings_of(inputs.spec, work),
        "tokens_per_s": tokens_per_s,
    }
    with reporter.transaction() as s:
        add_correction(s, row)


def keep_of_job(
    reporter: Reporter,
    inputs: Inputs,
    work: Workload,
    progress: TrainingProgress,
    memory: MemoryRecord | None = None,
    *,
    whole: bool,
) -> None:
    """What a training job tells of the model of time, and of the memory estimate, at its end.

    Args:
        whole: it ran from its beginning to its last step in one go, so that its other parts can be told apart as well.
    """
    if progress.step < _FEWEST_STEPS or not progress.seconds or reporter.attempt > 1:
        return
    train, val = counts_of(inputs.examples.train, inputs.spec), counts_of(inputs.examples.val, inputs.spec)
    modelled = parts_of(work, train, val, pace_of(inputs))
    pace = pace_of(inputs)
    trained = train.tokens * pace.epochs * pace.repeats
    rate = progress.tokens / progress.seconds
    done = progress.tokens / trained
    if objective_of(inputs.spec.objective).online is not None:  # answers are as long as they become
        done = progress.step / steps_of(train.rows, pace)
    speeds = {"training": done * modelled["training"] / progress.seconds}
    if whole:
        rest = time.monotonic() - reporter.began - progress.seconds
        others = sum(seconds for part, seconds in modelled.items() if part != "training")
        speeds |= dict.fromkeys(_OTHER_PARTS, others / max(0.1, rest))
    try:
        keep(reporter, inputs, work, "past", speeds, rate, memory)
    except DBAPIError as error:  # a full disk: the job is worth more than what it says about the next one
        _log.warning("What this job tells of the machine's speed is not kept: %s", error.orig)


def pace_of(inputs: Inputs) -> Pace:
    """How the job is cut up."""
    training = inputs.spec.training
    return Pace(
        float(training["epochs"]),
        int(training["batch_size"]),
        int(training["evaluations"]),
        len(inputs.prompts),
        len(inputs.questions),
        may_keep_two(training, len(inputs.examples.val)),
        objective_of(inputs.spec.objective).repeats(training),
    )


def planned_times(ctx: Context, inputs: Inputs, work: Workload) -> UnitTimes:
    """What the plan says of the job's time, over the rows that it really has: the clock believes it until it has measured."""
    with ctx.db.read() as s:
        known = throughput_of(s, inputs.device, inputs.spec.base_model)
    measured = [one for found in known.values() for one in found]
    correction = correct(measured, settings_of(inputs.spec, work))
    train, val = counts_of(inputs.examples.train, inputs.spec), counts_of(inputs.examples.val, inputs.spec)
    return units_of(work, train, val, pace_of(inputs)).corrected(correction.seconds)
