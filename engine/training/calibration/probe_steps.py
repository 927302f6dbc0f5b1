"""What a probe does: load as a job does, take three steps, score a few rows, begin the answers, keep the speeds."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.core.errors import Fault
from engine.data.templates.lengths import LengthTable
from engine.devices import process_limit
from engine.evaluation import sampling
from engine.methods.common.declaration import RunContext
from engine.models.base.paths import tokenizer_folder
from engine.objectives import objective_of
from engine.objectives.declaration import Objective
from engine.planner.memory.estimate import memory_breakdown, total_mb
from engine.planner.memory.workload import MB
from engine.planner.plan_estimate import PlanCase, workload
from engine.planner.time.length_cache import lengths_of
from engine.planner.time.speed import labelled_share, steps_of
from engine.training.calibration.probe import Probe
from engine.training.calibration.probe_clock import ProbeClock, Readings
from engine.training.calibration.probe_rows import ProbeRows, arranged
from engine.training.calibration.stand_in import lengths_in, standing_for, with_answers
from engine.training.forward.applied import apply_method, seed_everything
from engine.training.limits.limits import DataLimit, TimeIsUp, memory_held, out_of_memory, time_held
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop import throughput_log
from engine.training.loop.inputs import Inputs, read_inputs, rows_file
from engine.training.loop.not_finite import CauseFinder
from engine.training.loop.ready import ready_trainer
from engine.training.loop.weights import load_base, torch_device
from storage.queries.base_models import get_model
from storage.queries.inputs import get_dataset
from storage.tables import Dataset, LanguageModel

_WORDS = 8  # answered to measure how fast answers are
_log = logging.getLogger(__name__)


def measure(probe: Probe) -> None:
    """Measure until all is known or the time is up, and keep it.

    Raises:
        Cancelled: nobody wants it any more.
        Fault: what makes the job itself impossible, or "probe.out_of_memory".
    """
    inputs: Inputs | None = None
    try:
        with time_held(probe.deadline.gentle):
            inputs = _inputs(probe)
            _take_steps(probe, inputs)
    except TimeIsUp:
        _log.info("The time of the probe is up")
    except Exception as error:
        if not out_of_memory(error):
            raise
        needed = probe.readings.bill_mb if probe.readings else 0
        raise Fault("probe.out_of_memory", bill_mb=needed) from error
    if inputs is not None:
        _keep(probe, inputs)


def _keep(probe: Probe, inputs: Inputs) -> None:
    """The correction for the plans to come, where anything was measured that a speed can be told from."""
    readings = probe.readings
    if readings is not None and readings.tokens_per_s:
        kept = replace(inputs, spec=probe.spec)
        throughput_log.keep(
            probe.reporter, kept, readings.work, "probe", readings.speeds, readings.tokens_per_s, readings.memory
        )


# ---------------------------------------------------------------- before the steps


def _inputs(probe: Probe) -> Inputs:
    """The inputs of a job over few rows, and the memory estimate that the readings are compared with."""
    model, dataset = _named(probe)
    training = probe.spec.training
    table = lengths_of(probe.ctx.settings, model, dataset, probe.spec)
    size = max(1, min(int(training["batch_size"]), dataset.train_rows))
    inputs = _few_rows(probe, table, dataset.train_rows + dataset.val_rows, size)
    case = PlanCase(probe.spec, model, dataset, inputs.device, table)
    train, _val = case.counts()
    work = workload(case, train)
    probe.readings = Readings(work, total_mb(work), labelled_share(train), steps_of(train.rows, case.pace))
    return inputs


def _named(probe: Probe) -> tuple[LanguageModel, Dataset]:
    with probe.ctx.db.read() as s:
        model, dataset = get_model(s, probe.spec.base_model), get_dataset(s, probe.spec.dataset)
    if model is None:
        raise Fault("job.model_gone")
    if dataset is None or dataset.rows_path is None:
        raise Fault("job.dataset_gone")
    return model, dataset


def _few_rows(probe: Probe, table: LengthTable, rows: int, size: int) -> Inputs:
    """One pass over few rows, in steps of `size` examples, without scored answers."""
    training = probe.spec.training
    choice = ProbeRows(table, rows, int(training["max_length"]), training.get("over_length", ""), size)
    short: Mapping[str, Any] = {**training, "epochs": 1.0, "batch_size": size} | (
        {"scored_answers": 0} if "scored_answers" in training else {}
    )
    return read_inputs(probe.ctx, replace(probe.spec, training=short), probe.reporter, choice.read)


# ---------------------------------------------------------------- steps


def _take_steps(probe: Probe, inputs: Inputs) -> None:
    """Under the budget's memory limit, as a job."""
    readings, budget = probe.readings, probe.spec.budget
    assert readings is not None
    runtime_mb = sum(item.bytes for item in memory_breakdown(readings.work) if item.key == "runtime") / MB
    memory = MemoryWatch(torch_device(inputs.device), budget.memory_mb, outside_mb=runtime_mb)
    clock = ProbeClock(probe.reporter, readings, memory, probe.deadline.gentle)
    limit_mb = process_limit(inputs.device, budget.memory_mb)
    with memory_held(limit_mb, readings.bill_mb - runtime_mb) as limit:
        model = _load(probe, inputs, clock, limit)
        probe.reporter.phase("training")
        clock.trainer.train()
        if probe.deadline.allows_more and inputs.spec.training["evaluations"]:
            _score(probe, inputs, clock)
            _answer(probe, inputs, clock, model)


def _load(probe: Probe, inputs: Inputs, clock: ProbeClock, limit: DataLimit | None) -> Any:
    """Everything up to the first step; the clock has its trainer then."""
    probe.reporter.phase("loading")
    training, readings, settings = inputs.spec.training, clock.readings, probe.ctx.settings
    seed_everything(training["seed"])
    if limit is not None:
        limit.hold(sum(file.stat().st_size for file in inputs.weights.glob("*.safetensors")))
    base = load_base(inputs.weights, inputs.method, training, inputs.device, inputs.precision)
    run_context = RunContext(
        readings.job_steps, probe.spec.training, probe.folder("scratch"), tokenizer_folder(settings, inputs.base)
    )
    model = apply_method(inputs, base, run_context)
    rows = [with_answers(one, _objective(probe), training) for one in inputs.examples.train[:]]
    examples = arranged(rows, int(training["batch_size"]), int(training["seed"]))
    clock.trainer = ready_trainer(inputs, model, readings.work, examples, clock.memory, clock, probe.folder("trainer"))
    clock.trainer.objective = standing_for(clock.trainer.objective)
    clock.trainer.between_groups = clock.after_group
    file = rows_file(probe.ctx, probe.spec, inputs.dataset)
    clock.trainer.diagnose = CauseFinder(clock.trainer, inputs, inputs.weights, file).fault
    if limit is not None:
        limit.hold()
    clock.memory.take()  # loading is over
    clock.started(time.monotonic() - probe.deadline.began, sum(map(len, inputs.examples.train)))
    return model


def _objective(probe: Probe) -> Objective:
    return objective_of(probe.spec.objective)


# ---------------------------------------------------------------- what else a job does


def _score(probe: Probe, inputs: Inputs, clock: ProbeClock) -> None:
    rows = [with_answers(one, _objective(probe), inputs.spec.training) for one in inputs.examples.val[:]]
    if rows:
        probe.reporter.phase("evaluating")
        began = time.monotonic()
        clock.trainer.mean_loss(rows, clock.look)
        clock.held_out(lengths_in(clock.readings.work, rows), time.monotonic() - began)


def _answer(probe: Probe, inputs: Inputs, clock: ProbeClock, model: Any) -> None:
    """The first words of the sample answers."""
    if inputs.prompts and probe.deadline.allows_more:
        probe.reporter.phase("sampling")
        began, asked = time.monotonic(), [len(prompt.ids) for prompt in inputs.prompts]
        context = inputs.base.context_length or int(inputs.spec.training["max_length"])
        sampling.answer(model, inputs.prompts, inputs.template, context, clock.trainer.autocast, _WORDS)
        clock.answered(asked, _WORDS, time.monotonic() - began)
