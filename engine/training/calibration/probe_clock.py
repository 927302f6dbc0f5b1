"""What a probe measures: its steps, the groups of an unfinished one, held-out rows, answers and memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.core.errors import Fault
from engine.jobs.reporter import Reporter
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.memory.estimate import record_of
from engine.planner.memory.workload import Workload
from engine.planner.time.effort import answer_seconds, group_seconds, groups_of, step_seconds
from engine.planner.time.speed import start_seconds
from engine.training.calibration.probe_rows import STEPS
from engine.training.calibration.stand_in import lengths_in
from engine.training.limits.limits import TimeIsUp
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.trainer import StepTrainer

_STEPS_WITH_STATE = 2  # the optimizer makes its state in the first one


@dataclass(frozen=True)
class Timed:
    """What something took, and what the model of time says of it."""

    seconds: float  # measured
    modelled: float  # seconds that the model of time gives
    tokens: int = 0  # that went through the model meanwhile; 0 for the start


@dataclass
class Readings:
    """Everything that a probe has measured so far.

    Attributes:
        work: what a microbatch holds, as the plan has it.
        bill_mb: MB that the memory estimate of `work` comes to.
        labelled: share of the tokens with a label.
        job_steps: optimizer steps of the whole job.
        start: from the worker's begin to the first step.
        steps: each optimizer step; the first one also warms up.
        groups: those of a step that was cut off.
        check: scoring held-out rows.
        answers: answering sample questions.
        peak_mb: highest memory of the device, or of the process, since the first step.
        largest: tokens of the largest group in the steps.
    """

    work: Workload
    bill_mb: int
    labelled: float
    job_steps: int
    start: Timed | None = None
    steps: list[Timed] = field(default_factory=list)
    groups: list[Timed] = field(default_factory=list)
    check: Timed | None = None
    answers: Timed | None = None
    peak_mb: float = 0.0
    largest: int = 0

    @property
    def memory(self) -> MemoryRecord | None:
        """What was measured of memory; None before the second step, when the optimizer has its state."""
        if len(self.steps) < _STEPS_WITH_STATE or not self.peak_mb or not self.largest:
            return None
        return record_of(self.work, self.largest, self.peak_mb, "probe")

    @property
    def counted(self) -> list[Timed]:
        """What the speed is taken from: steps after the warm-up, else groups of the unfinished one, else the first step."""
        return self.steps[1:] or self.groups or self.steps

    @property
    def warm_up(self) -> bool:
        """Whether what is counted belongs to the first step."""
        return not self.steps[1:] and not (self.steps and self.groups)

    @property
    def code(self) -> str:
        """How much was measured."""
        if len(self.steps) >= STEPS:
            return "whole"
        return "fewer" if self.steps else "part" if self.groups else "nothing"

    @property
    def speeds(self) -> dict[str, float]:
        """Measured over modelled speed, by part of a job."""
        parts = {"start": self.start, "training": total(self.counted), "checks": self.check, "answers": self.answers}
        return {part: one.modelled / one.seconds for part, one in parts.items() if one and one.seconds and one.modelled}

    @property
    def tokens_per_s(self) -> float | None:
        """Real tokens a second of training."""
        counted = total(self.counted)
        return counted.tokens / counted.seconds if counted and counted.seconds else None

    def as_dict(self) -> dict[str, Any]:
        """The job's result."""
        counted = total(self.counted)
        return {
            "code": self.code,
            "steps": len(self.steps),
            "warm_up": self.warm_up,
            "tokens": counted.tokens if counted else 0,
            "seconds": round(counted.seconds, 3) if counted else None,
            "tokens_per_s": self.tokens_per_s,
            "loading_s": round(self.start.seconds, 2) if self.start else None,
            "measured_mb": round(self.peak_mb) if self.steps else None,
            "bill_mb": self.bill_mb,
            "speeds": self.speeds,
            "measured_at": time.time(),
        }


def total(parts: Sequence[Timed]) -> Timed | None:
    """All of them together; None where there is none."""
    if not parts:
        return None
    return Timed(sum(p.seconds for p in parts), sum(p.modelled for p in parts), sum(p.tokens for p in parts))


class ProbeClock(TrainerCallback):
    """Times the steps of a probe and their groups; ends them when the time is up or the user has had enough.

    Args:
        deadline: monotonic seconds.
    """

    trainer: StepTrainer

    def __init__(self, reporter: Reporter, readings: Readings, memory: MemoryWatch, deadline: float) -> None:
        self.reporter, self.readings, self.memory, self.deadline = reporter, readings, memory, deadline
        self._began = self._group_began = time.monotonic()

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock of the step."""
        self.look()
        self.readings.groups.clear()
        self._began = self._group_began = time.monotonic()

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """What the method itself does after each step belongs to it."""
        if self.trainer.method.after_update is not None:
            self.trainer.method.after_update(self.trainer.model, state.global_step + 1)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Keep what the step took. Raises Fault("probe.over_memory")."""
        readings, lengths = self.readings, lengths_in(self.readings.work, self.trainer.latest)
        modelled = step_seconds(readings.work, lengths, readings.labelled)
        readings.steps.append(Timed(time.monotonic() - self._began, modelled, sum(lengths)))
        readings.groups.clear()
        used_mb, device_mb = self.memory.take()
        readings.peak_mb = max(readings.peak_mb, used_mb if device_mb is None else device_mb)
        readings.largest = self.trainer.largest
        self.reporter.progress(len(readings.steps), STEPS)
        if self.memory.is_over(used_mb):
            raise Fault("probe.over_memory", used_mb=round(used_mb), limit_mb=self.memory.limit_mb)

    def after_group(self) -> None:
        """Keep what a group took, for a step that may never end."""
        now, readings = time.monotonic(), self.readings
        groups = groups_of(readings.work, lengths_in(readings.work, self.trainer.latest))
        if len(readings.groups) < len(groups):
            group = groups[len(readings.groups)]
            seconds = group_seconds(readings.work, group, readings.labelled)
            readings.groups.append(Timed(now - self._group_began, seconds, sum(group)))
        self._group_began = now
        self.look()

    def look(self) -> None:
        """Raises Cancelled or TimeIsUp."""
        self.reporter.heed()
        if time.monotonic() >= self.deadline:
            raise TimeIsUp

    def started(self, seconds: float, tokens: int) -> None:
        """The first step can begin, so long after the worker; `tokens` were read for it."""
        self.readings.start = Timed(seconds, start_seconds(self.readings.work, tokens))

    def held_out(self, lengths: Sequence[int], seconds: float) -> None:
        """Held-out rows of these lengths were scored."""
        groups = groups_of(self.readings.work, lengths)
        modelled = sum(
            group_seconds(self.readings.work, group, self.readings.labelled, train=False) for group in groups
        )
        self.readings.check = Timed(seconds, modelled, sum(lengths))

    def answered(self, asked: Sequence[int], tokens: int, seconds: float) -> None:
        """Questions of these lengths were answered with so many tokens."""
        modelled = answer_seconds(self.readings.work, len(asked), sum(asked) / len(asked), tokens)
        self.readings.answers = Timed(seconds, modelled, tokens)
