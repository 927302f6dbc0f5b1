"""What all parts of one run of a training job share, and what becomes of its scratch files."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.core.context import Context
from engine.evaluation.answers import AnswerSheet
from engine.jobs.reporter import Reporter
from engine.jobs.resuming import KEPT
from engine.jobs.signals import Interrupted, StoppedEarly
from engine.methods.common.declaration import RunContext
from engine.models.base.paths import tokenizer_folder
from engine.objectives import objective_of
from engine.rewards.declaration import RewardEnv
from engine.training.limits.limits import TimeIsUp
from engine.training.loop.attempt_resources import AttemptResources
from engine.training.loop.checkpoints import CheckpointStore, Prepared, TrainingProgress
from engine.training.loop.compared import ComparedMeasures
from engine.training.loop.inputs import Inputs
from engine.training.loop.throughput_log import planned_times
from engine.training.pace.clock import CheckSchedule, Clock, check_steps
from engine.training.pace.outlook import Outlook, Seconds

_SCRATCH = "scratch"


@dataclass
class Attempt:
    """What all parts of one run share.

    Attributes:
        ctx: where it runs.
        inputs: what the job names, as it was read.
        reporter: the way to the database.
        store: the job's checkpoints.
        resources: what it was planned to need.
        reward_env: what rewards may use.
        measures: what a comparison of objectives wants to know of the job; empty where it is in none.
        limit_s: seconds that are left of the time limit for this attempt; None without one.
        prepared: what is done before the first step.
    """

    ctx: Context
    inputs: Inputs
    reporter: Reporter
    store: CheckpointStore
    resources: AttemptResources
    reward_env: RewardEnv = field(default_factory=RewardEnv)
    measures: Mapping[str, Any] = field(default_factory=dict)
    limit_s: float | None = field(init=False)
    prepared: Prepared = field(init=False)

    def __post_init__(self) -> None:
        minutes = self.inputs.spec.budget.minutes
        self.limit_s = None if minutes is None else 60 * minutes - self.resources.microbatch.spent_s
        self.prepared = Prepared(self.reporter)

    @property
    def deadline(self) -> float | None:
        """Monotonic seconds at which the time limit ends: counted from when the attempt was claimed."""
        return None if self.limit_s is None else self.reporter.began + self.limit_s

    @cached_property
    def clock(self) -> Clock:
        """What the parts take: the plan's word until they are measured."""
        return Clock(self.deadline, planned_times(self.ctx, self.inputs, self.resources.work))

    @cached_property
    def compared(self) -> ComparedMeasures:
        """What is measured for a comparison of objectives."""
        return ComparedMeasures(self.inputs, self.reporter, self.measures, self.reward_env)

    @property
    def schedule(self) -> CheckSchedule:
        """When to do what."""
        training, rows = self.inputs.spec.training, len(self.inputs.examples.train)
        times = objective_of(self.inputs.spec.objective).repeats(training)
        total = math.ceil(training["epochs"] * (times * math.ceil(rows / training["batch_size"])))
        return CheckSchedule(total, check_steps(total, training["evaluations"]))

    @property
    def run_context(self) -> RunContext:
        """What the method may know of the job."""
        spec, settings = self.inputs.spec, self.ctx.settings
        scratch = settings.folder("jobs", str(self.reporter.job_id), _SCRATCH)
        return RunContext(self.schedule.total, spec.training, scratch, tokenizer_folder(settings, self.inputs.base))

    def outlook(self, progress: TrainingProgress, sheet: AnswerSheet | None) -> Outlook:
        """The stages from here to the end, as far as they are not done already."""
        clock, planned, checks = self.clock, self.clock.planned, self.schedule.checks
        clock.asks = sheet is not None
        answers = sheet is not None and progress.step == 0 and progress.base_answers is None
        first = bool(checks) and progress.step == 0
        score = 0.0 if progress.evaluated_step == 0 else planned.score
        samples = 0.0 if progress.sampled_step == 0 else planned.base_samples
        stages: Mapping[str, Seconds] = {
            "start": lambda: planned.start,
            "base_answers": lambda: planned.base_answers * answers,
            "loading": lambda: 0.0,
            "reference": lambda: planned.reference,
            "first_check": lambda: (score + samples) * first,
            "training": lambda: clock.left(self.schedule.total - progress.step, len(checks)),
            "answers": lambda: clock.answering,
            "result": lambda: clock.writing,
        }
        found = Outlook(self.reporter, stages, self.deadline)
        found.earlier = progress.elapsed
        return found


@contextmanager
def scratch_of(reporter: Reporter) -> Iterator[None]:
    """Afterwards the job's scratch files are gone; what it goes on with stays where it may be gone on with as it is."""
    names: tuple[str, ...] = (_SCRATCH, *KEPT)
    try:
        yield
        if reporter.ended in (None, "stopped"):  # None: it is handed back to the queue
            names = (_SCRATCH,)
    except (Interrupted, StoppedEarly, TimeIsUp):
        names = (_SCRATCH,) if reporter.requested() != "cancel" else names
        raise
    finally:
        for name in names:
            shutil.rmtree(reporter.ctx.settings.home / "jobs" / str(reporter.job_id) / name, ignore_errors=True)
