"""A training job from its stored spec to its tuned model."""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from engine.base_models.paths import tokenizer_folder, weights_folder
from engine.context import Context
from engine.errors import Fault
from engine.evaluation.answers import AnswerSheet
from engine.methods import Run
from engine.planner.memory import Workload
from engine.planner.refusals import refusals
from engine.reporter import Interrupted, Reporter
from engine.spec import JobSpec, make_spec
from engine.training import sampling
from engine.training.checkpoints import CheckpointStore, Progress, read_progress
from engine.training.context import answer_in_context
from engine.training.examples import Example
from engine.training.files import disk_fault
from engine.training.inputs import Inputs, read_inputs, seed_everything, workload_of
from engine.training.memory import MemoryWatch
from engine.training.ready import apply_method, ready_trainer
from engine.training.result import keep_tuned, results
from engine.training.scoring import answer_as_base, score_result, sheet_of
from engine.training.trainer import StepTrainer, out_of_memory
from engine.training.watch import Cancelled, Plan, Watch, check_steps
from engine.training.weights import load_base, torch_device, trained_parameters
from storage.job_tables import Job
from storage.queries import reporting

_MOST_HELD_OUT = 500
_SCRATCH = ("examples", "scratch")
_log = logging.getLogger(__name__)


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Train the job of this row and write its end, whatever that is."""
    started = time.monotonic()
    store = CheckpointStore(reporter, int(make_spec(job.spec).training["keep_checkpoints"]))
    try:
        inputs = read_inputs(ctx, make_spec(job.spec), reporter)
        _refuse(inputs)
        if inputs.method.capabilities.trains:
            _train(ctx, inputs, reporter, store, started)
        else:
            answer_in_context(ctx, inputs, reporter, _run_of(ctx, inputs, reporter), _MOST_HELD_OUT)
    except Cancelled:
        store.remove_all()
        reporter.finish("cancelled")
    except Interrupted:
        if reporter.requested() == "cancel":
            store.remove_all()
        raise
    except DBAPIError as error:
        raise disk_fault(error, ctx.settings.home) from error
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        _log.exception("Out of memory")
        raise Fault("training.out_of_memory", step=0, tokens=0) from error
    finally:
        for name in _SCRATCH:
            shutil.rmtree(ctx.settings.home / "jobs" / str(reporter.job_id) / name, ignore_errors=True)


def _refuse(inputs: Inputs) -> None:
    """Raises the first reason why the method cannot work here, which was perhaps not known when the job was started."""
    for fault in refusals(inputs.spec, inputs.base, len(inputs.examples.train)).values():
        raise Fault(fault["code"], **fault["params"])


# ---------------------------------------------------------------- training


def _train(ctx: Context, inputs: Inputs, reporter: Reporter, store: CheckpointStore, started: float) -> None:
    spec = inputs.spec
    reporter.phase("loading")
    seed_everything(spec.training["seed"])
    checkpoint = store.newest()
    progress = _go_on(reporter, checkpoint)
    work = workload_of(inputs)
    weights = weights_folder(ctx.settings, inputs.base)
    base = load_base(weights, inputs.method, spec.training, inputs.device, inputs.precision)
    held_out, sheet = _held_out(inputs.examples.val, reporter), sheet_of(inputs, reporter)
    if sheet is not None and checkpoint is None:
        answer_as_base(inputs, sheet, base, progress)
    craft = _run_of(ctx, inputs, reporter)
    model = apply_method(inputs, base, craft)
    trainer, watch = _prepare(inputs, reporter, store, progress, model, work, started, held_out)
    _tell_start(inputs, reporter, trainer, work)
    with reporter.deferring_interrupts():
        if checkpoint is not None and progress.step >= watch.plan.total:
            trainer.load_weights(checkpoint)  # all that is missing is the end
        else:
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        _end(inputs, reporter, watch, model, craft, sheet)


def _run_of(ctx: Context, inputs: Inputs, reporter: Reporter) -> Run:
    steps = _plan(inputs.spec, len(inputs.examples.train), 0.0).total
    scratch = ctx.settings.folder("jobs", str(reporter.job_id), "scratch")
    return Run(steps, inputs.spec.training, scratch, tokenizer_folder(ctx.settings, inputs.base))


def _go_on(reporter: Reporter, checkpoint: Path | None) -> Progress:
    """Where to begin; what an earlier attempt wrote beyond that point is forgotten."""
    progress = Progress() if checkpoint is None else read_progress(checkpoint)
    with reporter.transaction() as s:
        reporting.forget_after(s, reporter.job_id, progress.step if checkpoint else -1)
    if checkpoint is not None:
        reporter.event("info", "resumed", step=progress.step)
    elif reporter.attempt > 1:
        reporter.event("info", "started_over", step=0)
    return progress


def _prepare(
    inputs: Inputs,
    reporter: Reporter,
    store: CheckpointStore,
    progress: Progress,
    model: Any,
    work: Workload,
    started: float,
    held_out: Sequence[Example],
) -> tuple[StepTrainer, Watch]:
    spec, examples = inputs.spec, inputs.examples
    memory = MemoryWatch(torch_device(inputs.device), spec.budget.memory_mb)
    watch = Watch(
        reporter,
        store,
        _plan(spec, len(examples.train), started),
        progress,
        val=held_out,
        prompts=inputs.prompts,
        answer=lambda: sampling.answer(model, inputs.prompts, inputs.template, _context(inputs), trainer.autocast()),
        memory=memory,
    )
    trainer = watch.trainer = ready_trainer(inputs, model, work, examples.train, memory, watch, store.folder)
    return trainer, watch


def _plan(spec: JobSpec, rows: int, started: float) -> Plan:
    total = math.ceil(spec.training["epochs"] * math.ceil(rows / spec.training["batch_size"]))
    deadline = None if spec.budget.minutes is None else started + 60 * spec.budget.minutes
    return Plan(total, check_steps(total, spec.training["evaluations"]), deadline)


def _held_out(rows: Sequence[Example], reporter: Reporter) -> list[Example]:
    """All held-out rows, or evenly spread ones of very many."""
    if len(rows) <= _MOST_HELD_OUT:
        return list(rows)
    reporter.event("info", "validation_thinned", used=_MOST_HELD_OUT, total=len(rows))
    return [rows[i * len(rows) // _MOST_HELD_OUT] for i in range(_MOST_HELD_OUT)]


def _context(inputs: Inputs) -> int:
    return inputs.base.context_length or int(inputs.spec.training["max_length"])


def _tell_start(inputs: Inputs, reporter: Reporter, trainer: StepTrainer, work: Workload) -> None:
    trained = trained_parameters(trainer.model)
    reporter.event("info", f"precision_{inputs.precision.dtype}", device=inputs.device.name)
    reporter.event("info", f"groups_{trainer.forward.name}", tokens=trainer.budget)
    if work.recompute:
        reporter.event("info", "recompute_on")
    _log.info("Training %s parameters with %s", f"{trained:,}", inputs.method.key)


# ---------------------------------------------------------------- the end


def _end(inputs: Inputs, reporter: Reporter, watch: Watch, model: Any, craft: Run, sheet: AnswerSheet | None) -> None:
    if watch.ended == "interrupt":
        raise Interrupted
    watch.score()
    if sheet is not None and watch.ended != "stop":
        score_result(sheet, model, watch.progress, watch.trainer.autocast())
    keep_tuned(reporter, model, inputs.spec, inputs.base, inputs.dataset, watch.progress, craft)
    status = "succeeded" if watch.ended is None else "stopped"
    reporter.progress(watch.progress.step, watch.plan.total, val_loss=watch.progress.val_loss)
    reporter.finish(status, result=results(watch.progress) | {"ended": watch.ended})
