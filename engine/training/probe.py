"""The probe: three real optimizer steps of a spec, in a worker and under the budget, to learn how fast this machine is.

It takes the path that a job takes (the same inputs, base, method and trainer) and leaves nothing but numbers: no model,
no checkpoint, no samples. Its own deadline ends it, whatever it is doing at that moment.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.base_models.paths import tokenizer_folder, weights_folder
from engine.context import Context
from engine.errors import Fault
from engine.methods import Run
from engine.planner.bill import Case, workload
from engine.planner.cache import lengths_of
from engine.planner.lengths import Table
from engine.planner.memory import MB, bill, total_mb
from engine.planner.speed import learnt_share, steps_of
from engine.reporter import Reporter
from engine.spec import JobSpec, make_spec
from engine.training import evidence, sampling
from engine.training.inputs import Inputs, read_inputs, seed_everything
from engine.training.limits import DataLimit, TimeIsUp, memory_held, out_of_memory, time_held
from engine.training.memory import MemoryWatch
from engine.training.probe_clock import ProbeClock, Readings
from engine.training.probe_rows import Choice, arranged
from engine.training.ready import apply_method, ready_trainer
from engine.training.watch import Cancelled
from engine.training.weights import load_base, torch_device
from storage.job_tables import Job
from storage.queries.base_models import get_model
from storage.queries.inputs import get_dataset
from storage.tables import Dataset, LanguageModel

LIMIT_S = 60.0
_OUTSIDE_S = 2.0  # of the limit: the process begins and ends
_WIND_UP, _MOST_WIND_UP_S = 0.15, 5.0  # share of the limit between the gentle end and the hard one
_WORDS = 8  # answered to measure how fast answers are
_NEEDED_FOR_MORE = 0.35  # of the time must be left to measure more than steps
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deadline:
    """Monotonic seconds: `gentle` ends measuring, `hard` the process."""

    began: float
    gentle: float
    hard: float

    @classmethod
    def of(cls, limit_s: float, began: float) -> Deadline:
        """The ends of a probe that began then."""
        hard = began + max(0.5, limit_s - _OUTSIDE_S)
        return cls(began, hard - min(_MOST_WIND_UP_S, _WIND_UP * limit_s), hard)

    @property
    def allows_more(self) -> bool:
        """Whether there is time to measure more than steps."""
        return time.monotonic() < self.gentle - _NEEDED_FOR_MORE * (self.gentle - self.began)


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Measure, keep what was measured, and write the job's end. `job.spec["seconds"]` is the limit, 60 at most.

    Raises:
        Fault: what makes the job itself impossible, or "probe.out_of_memory".
    """
    limit_s = min(LIMIT_S, float(job.spec.get("seconds") or LIMIT_S))
    probe = Probe(ctx, make_spec(job.spec), reporter, Deadline.of(limit_s, reporter.began))
    folder = ctx.settings.home / "jobs" / str(reporter.job_id)
    with _swept(folder), _ended_at(probe, folder):
        try:
            with time_held(probe.deadline.gentle):
                probe.measure()
        except TimeIsUp:
            _log.info("The time of the probe is up")
        except Cancelled:
            probe.finish("cancelled")
            return
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise probe.short_of_memory() from error
        probe.keep()
    probe.end()


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """Nothing of the folder is left afterwards."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_at(probe: Probe, folder: Path) -> Iterator[None]:
    """The process ends at the hard deadline with what was measured until then, even if it hangs in one long call."""

    def end() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        probe.keep()
        probe.end()
        os._exit(0)

    timer = threading.Timer(max(0.0, probe.deadline.hard - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Probe:
    """One measurement. `readings` are there as soon as the rows are read."""

    def __init__(self, ctx: Context, spec: JobSpec, reporter: Reporter, deadline: Deadline) -> None:
        self.ctx, self.spec, self.reporter, self.deadline = ctx, spec, reporter, deadline
        self.readings: Readings | None = None
        self._inputs: Inputs | None = None
        self._ending = threading.Lock()

    def measure(self) -> None:
        """Raises TimeIsUp, Cancelled, or what makes the job impossible."""
        model, dataset = self._named()
        table = lengths_of(self.ctx.settings, model, dataset, str(self.spec.training["train_on"]))
        size = max(1, min(int(self.spec.training["batch_size"]), dataset.train_rows))
        self._inputs = inputs = self._read(table, dataset.train_rows + dataset.val_rows, size)
        case = Case(self.spec, model, dataset, inputs.device, table)
        train, _val = case.counts()
        work = workload(case, train)
        self.readings = readings = Readings(work, total_mb(work), learnt_share(train))
        runtime_mb = sum(item.bytes for item in bill(work) if item.key == "runtime") / MB
        memory = MemoryWatch(torch_device(inputs.device), self.spec.budget.memory_mb, outside_mb=runtime_mb)
        limit_mb = None if inputs.device.is_gpu else self.spec.budget.memory_mb
        clock = ProbeClock(self.reporter, readings, memory, self.deadline.gentle)
        with memory_held(limit_mb, readings.bill_mb - runtime_mb) as limit:
            self._time(inputs, clock, limit, steps_of(train.rows, case.pace))

    def _named(self) -> tuple[LanguageModel, Dataset]:
        with self.ctx.db.read() as s:
            model, dataset = get_model(s, self.spec.base_model), get_dataset(s, self.spec.dataset)
        if model is None:
            raise Fault("job.model_gone")
        if dataset is None or dataset.rows_path is None:
            raise Fault("job.dataset_gone")
        return model, dataset

    def _read(self, table: Table, rows: int, size: int) -> Inputs:
        """The inputs of a job over few rows: one pass, steps of `size` examples, no scored answers."""
        training = self.spec.training
        choice = Choice(table, rows, int(training["max_length"]), training["over_length"] == "drop", size)
        short = {**training, "epochs": 1.0, "batch_size": size, "scored_answers": 0}
        return read_inputs(self.ctx, replace(self.spec, training=short), self.reporter, choice.read)

    def _time(self, inputs: Inputs, clock: ProbeClock, limit: DataLimit | None, steps: int) -> None:
        """Load, take the steps, and what else there is time for. Args: `steps`: of the whole job."""
        self.reporter.phase("loading")
        training = inputs.spec.training
        seed_everything(training["seed"])
        weights, scratch = weights_folder(self.ctx.settings, inputs.base), self._folder("scratch")
        if limit is not None:
            limit.hold(sum(file.stat().st_size for file in weights.glob("*.safetensors")))
        base = load_base(weights, inputs.method, training, inputs.device, inputs.precision)
        craft = Run(steps, self.spec.training, scratch, tokenizer_folder(self.ctx.settings, inputs.base))
        model = apply_method(inputs, base, craft)
        examples = arranged(inputs.examples.train[:], int(training["batch_size"]), int(training["seed"]))
        work, folder = clock.readings.work, self._folder("trainer")
        trainer = clock.trainer = ready_trainer(inputs, model, work, examples, clock.memory, clock, folder)
        trainer.between_groups = clock.after_group
        if limit is not None:
            limit.hold()
        clock.started(time.monotonic() - self.deadline.began, sum(map(len, inputs.examples.train)))
        self.reporter.phase("training")
        trainer.train()
        if self.deadline.allows_more and training["evaluations"]:
            self._time_more(inputs, clock, model)

    def _folder(self, name: str) -> Path:
        return self.ctx.settings.folder("jobs", str(self.reporter.job_id), name)

    def _time_more(self, inputs: Inputs, clock: ProbeClock, model: Any) -> None:
        """A few held-out rows, and the first words of the sample answers."""
        rows, trainer = inputs.examples.val[:], clock.trainer
        if rows:
            self.reporter.phase("evaluating")
            began = time.monotonic()
            trainer.mean_loss(rows, clock.look)
            clock.held_out([len(row) for row in rows], time.monotonic() - began)
        if inputs.prompts and self.deadline.allows_more:
            self.reporter.phase("sampling")
            began, asked = time.monotonic(), [len(prompt.ids) for prompt in inputs.prompts]
            context = inputs.base.context_length or int(inputs.spec.training["max_length"])
            sampling.answer(model, inputs.prompts, inputs.template, context, trainer.autocast(), _WORDS)
            clock.answered(asked, _WORDS, time.monotonic() - began)

    # ------------------------------------------------------------ the end

    def keep(self) -> None:
        """The correction for the plans to come, where anything was measured that a speed can be told from."""
        inputs, readings = self._inputs, self.readings
        if inputs is not None and readings is not None and readings.tokens_per_s:
            kept = replace(inputs, spec=self.spec)
            evidence.keep(self.reporter, kept, readings.work, "probe", readings.speeds, readings.tokens_per_s)

    def result(self) -> dict[str, Any]:
        """What was measured until now."""
        spent = {"spent_s": round(time.monotonic() - self.deadline.began, 1)}
        return spent | (self.readings.as_dict() if self.readings else {"code": "nothing", "steps": 0})

    def short_of_memory(self) -> Fault:
        """The steps do not fit into the budget: the measured bill was too small, or other programs hold the memory."""
        bill_mb = self.readings.bill_mb if self.readings else 0
        return Fault("probe.out_of_memory", bill_mb=bill_mb, limit_mb=self.spec.budget.memory_mb or 0)

    def end(self) -> None:
        """Write what was measured; a probe that measured nothing has failed, and says after how long."""
        result = self.result()
        if result.get("tokens_per_s"):
            return self.finish("succeeded", result)
        return self.finish("failed", result, Fault("probe.nothing", seconds=result["spent_s"]).as_dict())

    def finish(self, status: str, result: dict[str, Any] | None = None, error: dict[str, Any] | None = None) -> None:
        """Write the job's end, once, whoever comes first."""
        with self._ending:
            if not self.reporter.finished:
                self.reporter.finish(status, result=result, error=error)
