"""A training job from its stored spec to its tuned model."""

from __future__ import annotations

import logging
import traceback
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from engine.core.context import Context
from engine.core.errors import Fault
from engine.devices import process_limit
from engine.evaluation import sampling
from engine.evaluation.answers import AnswerSheet
from engine.evaluation.comparison.objective_measures import MEASURES_KEY
from engine.jobs.reporter import Reporter
from engine.jobs.runners.reward_env import reward_env
from engine.jobs.signals import Cancelled, Interrupted
from engine.jobs.spec import JobSpec, make_stored
from engine.methods.common.declaration import RunContext
from engine.objectives import objective_of
from engine.planner.refusals import refusals
from engine.training.forward.applied import apply_method, seed_everything
from engine.training.limits.limits import DataLimit, TimeIsUp, memory_held, out_of_memory, time_held
from engine.training.limits.memory_use import MemoryWatch, give_back
from engine.training.limits.safe_files import disk_fault
from engine.training.loop.attempt import Attempt, scratch_of
from engine.training.loop.attempt_resources import AttemptResources
from engine.training.loop.callback import TrainingCallback
from engine.training.loop.checkpoints import CheckpointStore, TrainingProgress, read_progress
from engine.training.loop.held_out import MOST_HELD_OUT, ScoredRows, thinned
from engine.training.loop.in_context import answer_in_context
from engine.training.loop.inputs import Inputs, read_inputs, rows_file
from engine.training.loop.not_finite import CauseFinder
from engine.training.loop.ready import ready_trainer
from engine.training.loop.result import ResultFolders, results, round_as_stored
from engine.training.loop.sample_answers import SampleAnswers
from engine.training.loop.scoring import answer_as_base, score_result, sheet_of
from engine.training.loop.settle import settle
from engine.training.loop.start import loaded_from, put_start
from engine.training.loop.throughput_log import keep_of_job
from engine.training.loop.trainer import StepTrainer
from engine.training.loop.weights import load_base, torch_device, trained_parameters
from engine.training.online.attach import OnlineParts, learns_from_answers
from engine.training.pace.extras import Extras
from engine.training.pace.outlook import Outlook
from engine.training.prepare.reference import prepare_reference
from engine.training.rollout.rollout import WritingEnded
from storage.job_tables import Job
from storage.queries import reporting

_BYTES_SAVED = 12.0  # a trained number with AdamW's two moments, in a checkpoint
_log = logging.getLogger(__name__)


@dataclass
class _Loaded:
    """What is in memory when training can begin."""

    model: Any
    trainer: StepTrainer
    callback: TrainingCallback
    run_context: RunContext
    sheet: AnswerSheet | None
    checkpoint: Path | None
    online: OnlineParts | None = None  # of an objective that learns from its own answers

    def close(self) -> None:
        """Give back what rewards hold."""
        if self.online is not None:
            self.online.close()


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Train the job of this row and write its result. Raises Fault, Cancelled or Interrupted where it ends without one."""
    spec = make_stored(job.spec)
    keeps_best = spec.training["model_from"] == "best"
    store = CheckpointStore(reporter, int(spec.training["keep_checkpoints"]), keeps_best=keeps_best)
    attempt: Attempt | None = None
    reporter.nothing_yet = store.newest() is None
    short: Exception | None = None
    try:
        with scratch_of(reporter):
            with time_held(None if spec.budget.minutes is None else reporter.began + 60 * spec.budget.minutes):
                inputs = read_inputs(ctx, spec, reporter)
                _refuse(inputs)
                env = reward_env(ctx, job, reporter)
                wanted = job.spec.get(MEASURES_KEY) or {}
                attempt = Attempt(ctx, inputs, reporter, store, AttemptResources(inputs, reporter), env, wanted)
            try:
                _work(attempt)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                _log.exception("Out of memory")
                traceback.clear_frames(error.__traceback__)
                short = error
    except Cancelled:
        store.remove_all()
        raise
    except Interrupted:
        if reporter.requested() == "cancel":
            store.remove_all()
        raise
    except TimeIsUp:
        raise _no_time(reporter, store, spec) from None
    except DBAPIError as error:
        raise disk_fault(error, ctx.settings.home) from error
    if short is not None and attempt is not None:
        give_back()
        attempt.resources.try_again(short)


def _no_time(reporter: Reporter, store: CheckpointStore, spec: JobSpec) -> Fault:
    """Why a limit left no time for a step: nothing is there to keep, or what earlier attempts made is still there."""
    checkpoint = store.newest()
    if checkpoint is None:
        return Fault("training.no_time", minutes=spec.budget.minutes)
    return Fault("training.no_time_again", minutes=spec.budget.minutes, step=read_progress(checkpoint).step)


def _work(attempt: Attempt) -> None:
    if attempt.inputs.method.capabilities.trains:
        _train(attempt)
    else:
        answer_in_context(attempt, MOST_HELD_OUT)


def _refuse(inputs: Inputs) -> None:
    """Raises the first reason why the method cannot work here, which was perhaps not known when the job was started."""
    for fault in refusals(inputs.spec, inputs.base, len(inputs.examples.train)).values():
        raise Fault(fault["code"], **fault["params"])


# ---------------------------------------------------------------- training


def _train(attempt: Attempt) -> None:
    resources, budget = attempt.resources, attempt.inputs.spec.budget
    limit_mb = process_limit(attempt.inputs.device, budget.memory_mb)
    with memory_held(limit_mb, resources.need_mb - resources.runtime_mb) as limit:
        with time_held(attempt.deadline):
            loaded = _load(attempt, limit)
        with closing(loaded), attempt.reporter.deferring_interrupts():
            _learn(loaded)
            _end(attempt, loaded)


def _load(attempt: Attempt, limit: DataLimit | None) -> _Loaded:
    """Everything up to the first step. Held to the memory limit, with room for the file that the weights are read from."""
    inputs, reporter, resources = attempt.inputs, attempt.reporter, attempt.resources
    reporter.phase("loading")
    seed_everything(inputs.spec.training["seed"])
    checkpoint = attempt.store.newest()
    progress = _go_on(attempt, checkpoint)
    resources.step = progress.step
    resources.tell_plan(attempt.ctx)
    sheet = sheet_of(inputs, reporter, progress.asked)
    outlook = attempt.outlook(progress, sheet)
    if limit is not None:
        limit.hold(sum(file.stat().st_size for file in inputs.weights.glob("*.safetensors")))
    folder = loaded_from(inputs.weights, inputs.method, inputs.start)
    base = load_base(folder, inputs.method, inputs.spec.training, inputs.device, inputs.precision)
    attempt.clock.ready()
    extras = Extras(attempt.clock.usable_s)
    asks = sheet is not None and checkpoint is None and progress.base_answers is None
    if sheet is not None and asks and inputs.start is None:
        sheet = _ask_before(attempt, sheet, base, progress, extras, outlook)
    outlook.enter("loading")
    run_context = attempt.run_context
    model = apply_method(inputs, base, run_context)
    if inputs.start is not None:
        put_start(model, inputs.method, inputs.start)
        if sheet is not None and asks:
            sheet = _ask_before(attempt, sheet, model, progress, extras, outlook)
    online = OnlineParts(attempt, progress, extras) if learns_from_answers(inputs) else None
    trainer, callback = _prepare(attempt, progress, model, extras, outlook, online)
    planned = attempt.clock.planned.reference
    prepare_reference(inputs, trainer, callback.held, reporter, outlook, callback.report, planned)
    attempt.compared.before(trainer, progress)
    if online is not None:
        online.attach(trainer)
    if limit is not None:
        limit.hold()
    _tell_start(attempt, trainer)
    return _Loaded(model, trainer, callback, run_context, sheet, checkpoint, online)


def _ask_before(
    attempt: Attempt, sheet: AnswerSheet, model: Any, progress: TrainingProgress, extras: Extras, outlook: Outlook
) -> AnswerSheet:
    """The answers before the first step: those of the base, or of the tuned model that the job goes on with."""
    outlook.enter("base_answers")
    sheet = answer_as_base(attempt.inputs, sheet, model, progress, extras.for_answers)
    attempt.clock.answers = progress.answer_seconds
    attempt.prepared.keep(progress)
    attempt.reporter.phase("loading")
    return sheet


def _learn(loaded: _Loaded) -> None:
    """The steps that are missing. A step that cannot end in time is given up; without any before it, there is no result."""
    trainer, callback, checkpoint = loaded.trainer, loaded.callback, loaded.checkpoint
    if checkpoint is not None:
        callback.outlook.enter("training")
    if checkpoint is not None and callback.progress.step >= callback.plan.total:
        trainer.load_weights(checkpoint)  # all that is missing is the end
        return
    try:
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    except WritingEnded as end:
        if callback.progress.step == 0:
            raise Interrupted from None
        loaded.model.zero_grad()
        callback.ended = end.wish
        callback.wind_up()
    except TimeIsUp:
        if callback.progress.step == 0:
            raise
        loaded.model.zero_grad()
        callback.end_in_time()
        callback.wind_up()


def _go_on(attempt: Attempt, checkpoint: Path | None) -> TrainingProgress:
    """Where to begin; what an earlier attempt wrote beyond that point is forgotten. Without a checkpoint, what was done before
    the first step stands."""
    reporter, prepared = attempt.reporter, None if checkpoint else attempt.prepared.found()
    progress = read_progress(checkpoint) if checkpoint else prepared or TrainingProgress()
    with reporter.transaction() as s:
        reporting.forget_after(s, reporter.job_id, progress.step if checkpoint or prepared else -1)
    if checkpoint is not None:
        reporter.event("info", "resumed", step=progress.step)
    elif reporter.attempt > 1:
        reporter.event("info", "started_over" if prepared is None else "prepared_already", step=0)
    attempt.clock.believe(progress.measured)
    attempt.clock.answers = progress.answer_seconds
    return progress


def _prepare(
    attempt: Attempt,
    progress: TrainingProgress,
    model: Any,
    extras: Extras,
    outlook: Outlook,
    online: OnlineParts | None,
) -> tuple[StepTrainer, TrainingCallback]:
    inputs, resources, folder = attempt.inputs, attempt.resources, attempt.store.folder
    memory = MemoryWatch(torch_device(inputs.device), inputs.spec.budget.memory_mb, outside_mb=resources.runtime_mb)
    clock, reporter = attempt.clock, attempt.reporter
    if online is None:
        held = ScoredRows(thinned(inputs.examples.val, reporter), clock, extras, reporter, progress)
    else:
        held = online.held
    _know_sizes(attempt, model, held)
    samples = SampleAnswers(
        inputs.prompts,
        lambda seconds: sampling.answer(
            model,
            inputs.prompts,
            inputs.template,
            _context(inputs),
            trainer.autocast,
            seconds=seconds,
            heed=reporter.heed,
        ),
        clock,
        extras,
        reporter,
        progress,
        None if online is None else online.tell_samples,
    )
    callback = TrainingCallback(
        reporter,
        attempt.store,
        attempt.schedule,
        progress,
        held=held,
        samples=samples,
        memory=memory,
        resources=resources,
        clock=clock,
        prepared=attempt.prepared,
        outlook=outlook,
    )
    trainer = ready_trainer(inputs, model, resources.work, inputs.examples.train, memory, callback, folder)
    trainer.tries, trainer.on_halved = resources.microbatch.tries, callback.tell_halved
    rows = rows_file(attempt.ctx, inputs.spec, inputs.dataset)
    trainer.diagnose = CauseFinder(trainer, inputs, inputs.weights, rows).fault
    callback.trainer = trainer
    return trainer, callback


def _know_sizes(attempt: Attempt, model: Any, held: ScoredRows) -> None:
    """What the clock guesses from until it has measured."""
    rows, batch = attempt.inputs.examples.train, int(attempt.inputs.spec.training["batch_size"])
    in_a_step = float(rows.lengths.mean()) * min(batch, len(rows))
    attempt.clock.saved_bytes = _BYTES_SAVED * trained_parameters(model)
    attempt.clock.scored_share = sum(map(len, held.rows)) / in_a_step


def _context(inputs: Inputs) -> int:
    return inputs.base.context_length or int(inputs.spec.training["max_length"])


def _tell_start(attempt: Attempt, trainer: StepTrainer) -> None:
    inputs, reporter = attempt.inputs, attempt.reporter
    reporter.event("info", f"precision_{inputs.precision.dtype}", device=inputs.device.name)
    reporter.event("info", f"groups_{trainer.forward.name}", tokens=trainer.budget)
    if inputs.start is not None:
        reporter.event("info", "goes_on", name=inputs.start.tuned.name)
    if attempt.resources.work.recompute:
        reporter.event("info", "recompute_on")
    if trainer.without_dropout:
        reporter.event("info", "dropout_off")
    adapted, kept = inputs.method.reach(attempt.resources.work.shape, inputs.spec.method_params)
    if kept:
        reporter.event("info", "layers_kept", adapted=", ".join(adapted), kept=", ".join(kept))
    _log.info("Training %s parameters with %s", f"{trained_parameters(trainer.model):,}", inputs.method.key)


# ---------------------------------------------------------------- the end


def _end(attempt: Attempt, loaded: _Loaded) -> None:
    inputs, reporter, callback = attempt.inputs, attempt.reporter, loaded.callback
    if callback.ended == "interrupt":
        raise Interrupted
    if callback.ended is None:
        callback.score()
    callback.outlook.enter("answers")
    progress, trainer, clock = callback.progress, callback.trainer, callback.clock
    with ResultFolders(reporter, inputs.spec, inputs.base, inputs.dataset, loaded.run_context, inputs.start) as folders:
        chosen = settle(attempt.store, folders, trainer, loaded.model, progress)
        round_as_stored(reporter, loaded.model, inputs.method, inputs.weights)
        if loaded.sheet is not None and callback.ended != "stop":
            score_result(loaded.sheet, loaded.model, progress, trainer.autocast, callback.tell_answered, clock.latest)
        attempt.compared.after(trainer, progress)
        callback.outlook.enter("result")
        callback.note_elapsed()
        folders.keep(loaded.model, progress, chosen)
        kept = {"kept_steps": [chosen.step, progress.step]} if folders.last else {}
    resources = attempt.resources
    whole = callback.ended is None and progress.asked is None and progress.scored_rows is None
    keep_of_job(reporter, inputs, resources.work, progress, resources.record, whole=whole)
    reporter.progress(progress.step, callback.plan.total, val_loss=chosen.val_loss)
    status = "succeeded" if callback.ended is None else "stopped"
    reporter.finish(
        status, result=results(progress, chosen, objective_of(inputs.spec.objective)) | {"ended": callback.ended} | kept
    )
