"""A training job from its stored spec to its tuned model."""

from __future__ import annotations

import logging
import math
import os
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sqlalchemy.exc import DBAPIError

from engine.base_models.paths import tokenizer_folder, weights_folder
from engine.context import Context
from engine.data.store import read_rows, rows_of
from engine.data.template import ChatTemplate
from engine.errors import Fault
from engine.hardware import Device, Precision, device_of, precision_for
from engine.methods import Method, method_of
from engine.planner.memory import Workload
from engine.planner.shape import shape_of
from engine.planner.verdict import arrange, limit_of
from engine.reporter import Interrupted, Reporter
from engine.spec import JobSpec, make_spec
from engine.training import sampling
from engine.training.checkpoints import CheckpointStore, Progress, read_progress
from engine.training.examples import Example, Examples, load_examples
from engine.training.fast_lora import speed_up
from engine.training.files import disk_fault
from engine.training.forward import choose_forward
from engine.training.memory import MemoryWatch
from engine.training.result import keep_tuned, results
from engine.training.trainer import StepTrainer, out_of_memory, training_arguments
from engine.training.watch import Cancelled, Plan, Watch, check_steps
from engine.training.weights import load_base, torch_device, trained_parameters
from storage.job_tables import Job
from storage.queries import reporting
from storage.queries.base_models import get_model
from storage.queries.inputs import get_dataset
from storage.tables import Dataset, LanguageModel

_MOST_HELD_OUT = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Inputs:
    """Everything that a job names."""

    spec: JobSpec
    method: Method
    base: LanguageModel
    dataset: Dataset
    device: Device
    precision: Precision
    template: ChatTemplate
    examples: Examples
    prompts: list[sampling.Prompt]


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Train the job of this row and write its end, whatever that is."""
    started = time.monotonic()
    store = CheckpointStore(reporter, int(make_spec(job.spec).training["keep_checkpoints"]))
    try:
        inputs = _read(ctx, make_spec(job.spec), reporter)
        _train(ctx, inputs, reporter, store, started)
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
        shutil.rmtree(_examples_folder(ctx, reporter), ignore_errors=True)


def _examples_folder(ctx: Context, reporter: Reporter) -> Path:
    return ctx.settings.home / "jobs" / str(reporter.job_id) / "examples"


# ---------------------------------------------------------------- before the first step


def _read(ctx: Context, spec: JobSpec, reporter: Reporter) -> _Inputs:
    reporter.phase("reading")
    with ctx.db.read() as s:
        base, dataset = get_model(s, spec.base_model), get_dataset(s, spec.dataset)
    if base is None:
        raise Fault("job.model_gone")
    if dataset is None or dataset.rows_path is None:
        raise Fault("job.dataset_gone")
    device = device_of(spec.budget.device)
    _leave_visible(device)
    template = ChatTemplate.load(tokenizer_folder(ctx.settings, base))
    path = _rows_path(ctx.settings.absolute(dataset.rows_path), spec, dataset)
    longest = min(spec.training["max_length"], base.context_length or spec.training["max_length"])
    limits = {**spec.training, "max_length": longest}
    examples = load_examples(read_rows(path), template, limits, _examples_folder(ctx, reporter))
    _tell_left_out(examples, reporter)
    rows = chain(read_rows(path, "val"), read_rows(path, "train"))
    prompts = sampling.fixed_prompts(spec.sample_prompts, rows, template) if spec.training["evaluations"] else []
    method = method_of(spec.method)
    return _Inputs(spec, method, base, dataset, device, precision_for(device), template, examples, prompts)


def _rows_path(now: Path, spec: JobSpec, dataset: Dataset) -> Path:
    """The rows as they were when the job was started, whatever was imported since."""
    same = not spec.dataset_hash or spec.dataset_hash == dataset.content_hash
    path = now if same else rows_of(now, spec.dataset_hash)
    if not path.is_file():
        raise Fault("job.dataset_gone")
    return path


def _leave_visible(device: Device) -> None:
    """Only the chosen GPU can be seen, before CUDA starts: no other is touched by accident."""
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    if not device.is_gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        torch.set_num_threads(max(1, device.cores))
        return
    place = int(device.key.split(":")[1])
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = str(place) if visible is None else visible.split(",")[place]


def _tell_left_out(examples: Examples, reporter: Reporter) -> None:
    for name, count in examples.counts.items():
        if count:
            reporter.event("warning", f"rows_{name}", count=count, reason=examples.refusal or "-")


def _seed(number: int) -> None:
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def _workload(inputs: _Inputs) -> Workload:
    """How many tokens at a time, and whether to recompute activations, within the budget's memory."""
    spec, device = inputs.spec, inputs.device
    lengths = sorted(inputs.examples.train.lengths.tolist(), reverse=True)
    work = Workload(
        shape=shape_of(inputs.base.config, inputs.base.parameters),
        method=inputs.method,
        values=spec.method_params,
        precision=inputs.precision,
        device=device,
        tokens=lengths[0],
        optimizer=str(spec.training["optimizer"]),
    )
    in_a_step = sum(lengths[: spec.training["batch_size"]])
    limit_mb = limit_of(device, spec.budget.memory_mb)
    return arrange(work, lengths[0], in_a_step, str(spec.training["checkpointing"]), limit_mb)


# ---------------------------------------------------------------- training


def _train(ctx: Context, inputs: _Inputs, reporter: Reporter, store: CheckpointStore, started: float) -> None:
    spec = inputs.spec
    reporter.phase("loading")
    _seed(spec.training["seed"])
    checkpoint = store.newest()
    progress = _go_on(reporter, checkpoint)
    work = _workload(inputs)
    base = load_base(
        weights_folder(ctx.settings, inputs.base), inputs.method, spec.method_params, inputs.device, inputs.precision
    )
    model = _apply(inputs, base)
    model.config.use_cache = False
    trainer, watch = _prepare(inputs, reporter, store, progress, model, work, started)
    _tell_start(inputs, reporter, trainer, work)
    with reporter.deferring_interrupts():
        if checkpoint is not None and progress.step >= watch.plan.total:
            trainer.load_weights(checkpoint)  # all that is missing is the end
        else:
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        _end(inputs, reporter, watch, model)


def _apply(inputs: _Inputs, base: Any) -> Any:
    try:
        return inputs.method.apply(base, inputs.spec.method_params)
    except ValueError as error:  # PEFT's word for modules that the model does not have
        raise Fault("training.no_modules", reason=str(error)[:300]) from error


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
    inputs: _Inputs,
    reporter: Reporter,
    store: CheckpointStore,
    progress: Progress,
    model: Any,
    work: Workload,
    started: float,
) -> tuple[StepTrainer, Watch]:
    spec, examples = inputs.spec, inputs.examples
    memory = MemoryWatch(torch_device(inputs.device), spec.budget.memory_mb)
    watch = Watch(
        reporter,
        store,
        _plan(spec, len(examples.train), started),
        progress,
        val=_held_out(examples.val, reporter),
        prompts=inputs.prompts,
        answer=lambda: sampling.answer(model, inputs.prompts, inputs.template, _context(inputs), trainer.autocast()),
        memory=memory,
    )
    arguments = training_arguments(
        spec, store.folder, dtype=inputs.precision.dtype, on_gpu=inputs.device.is_gpu, recompute=work.recompute
    )
    trainer = StepTrainer(model, arguments, examples.train, work.tokens, memory, watch)
    if not inputs.device.is_gpu:
        speed_up(model)
    packing = inputs.method.capabilities.packing
    trainer.forward = choose_forward(model, work.shape.vocabulary, trainer.autocast(), pack=packing)
    watch.trainer = trainer
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


def _context(inputs: _Inputs) -> int:
    return inputs.base.context_length or int(inputs.spec.training["max_length"])


def _tell_start(inputs: _Inputs, reporter: Reporter, trainer: StepTrainer, work: Workload) -> None:
    trained = trained_parameters(trainer.model)
    reporter.event("info", f"precision_{inputs.precision.dtype}", device=inputs.device.name)
    reporter.event("info", f"groups_{trainer.forward.name}", tokens=trainer.budget)
    if work.recompute:
        reporter.event("info", "recompute_on")
    _log.info("Training %s parameters with %s", f"{trained:,}", inputs.method.key)


# ---------------------------------------------------------------- the end


def _end(inputs: _Inputs, reporter: Reporter, watch: Watch, model: Any) -> None:
    if watch.ended == "interrupt":
        raise Interrupted
    watch.score()
    keep_tuned(reporter, model, inputs.spec, inputs.base, inputs.dataset, watch.progress)
    status = "succeeded" if watch.ended is None else "stopped"
    reporter.progress(watch.progress.step, watch.plan.total, val_loss=watch.progress.val_loss)
    reporter.finish(status, result=results(watch.progress))
