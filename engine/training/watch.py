"""What happens between two steps: numbers, checks on held-out rows, sample answers, checkpoints, and the user's wishes."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.errors import Fault
from engine.reporter import Reporter
from engine.training.checkpoints import CheckpointStore, Progress
from engine.training.examples import Example
from engine.training.memory import MemoryWatch
from engine.training.sampling import Prompt

if TYPE_CHECKING:
    from engine.training.trainer import StepTrainer

_SHOWN_STEPS = 2_000  # a longer job shows the mean of several steps as one point
_SAVE_EVERY_SECONDS = 900.0
_CHEAP_SAVE_SECONDS = 15.0
_log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The user does not want the job any more."""


@dataclass
class Plan:
    """When to do what.

    Attributes:
        checks: steps after which the held-out rows are scored, the prompts answered and a checkpoint kept.
        deadline: monotonic seconds at which the time limit ends.
    """

    total: int
    checks: frozenset[int]
    deadline: float | None

    @property
    def stride(self) -> int:
        """Steps from one shown point to the next."""
        return max(1, math.ceil(self.total / _SHOWN_STEPS))


def check_steps(total: int, evaluations: int) -> frozenset[int]:
    """`evaluations` steps, evenly spread; the last one is the end."""
    return frozenset(max(1, round(total * k / evaluations)) for k in range(1, evaluations + 1))


@dataclass
class _Clock:
    """What things cost, for the time left and for ending in time."""

    step: float = 0.0
    check: float = 0.0
    save: float = 0.0
    since_save: float = field(default_factory=time.monotonic)

    def stepped(self, seconds: float) -> None:
        self.step = seconds if not self.step else 0.8 * self.step + 0.2 * seconds


class Watch(TrainerCallback):
    """Looks after one run. `trainer` is set once it exists."""

    trainer: StepTrainer

    def __init__(
        self,
        reporter: Reporter,
        store: CheckpointStore,
        plan: Plan,
        progress: Progress,
        *,
        val: Sequence[Example],
        prompts: Sequence[Prompt],
        answer: Callable[[], list[str]],
        memory: MemoryWatch,
    ) -> None:
        self.reporter, self.store, self.plan, self.progress = reporter, store, plan, progress
        self.val, self.prompts, self.answer, self.memory = val, prompts, answer, memory
        self.ended: str | None = None  # why training ended before its last step: "stop", "time", "interrupt", "memory"
        self._clock = _Clock()
        self._began = self._shown_at = time.monotonic()
        self._shown_tokens = progress.tokens
        self._rate: float | None = None
        self._halvings = 0
        self._used_mb = 0.0

    # ------------------------------------------------------------ the trainer calls

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The untouched base's score and answers, unless an earlier attempt has them."""
        if self.progress.step == 0 and self.plan.checks:
            with self.trainer.untouched():
                self._check()
            self.progress.base_val_loss = self.progress.val_loss
        self._began = self._shown_at = self._clock.since_save = time.monotonic()
        self.reporter.phase("training")

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock of the step."""
        self._began = time.monotonic()

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The rate that this step used, before the schedule moves on."""
        self._rate = float(self.trainer.optimizer.param_groups[0]["lr"])
        if self.trainer.method.after_update is not None:
            self.trainer.method.after_update(self.trainer.model, state.global_step + 1)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Everything that is done between two steps."""
        self._count(state.global_step)
        self._show()
        self._obey()
        if self.ended is None and self.progress.step in self.plan.checks:
            self._check()
            self._save()
        elif self.ended is None and time.monotonic() - self._clock.since_save > _SAVE_EVERY_SECONDS:
            self._save()
        if self.ended is not None:
            self._wind_up()
            control.should_training_stop = True
        self.reporter.phase("training")

    # ------------------------------------------------------------ numbers

    def _count(self, step: int) -> None:
        trainer, progress = self.trainer, self.progress
        seconds = time.monotonic() - self._began
        self._clock.stepped(seconds)
        progress.step = step
        progress.seconds += seconds
        progress.tokens += trainer.step_tokens
        loss, labels = progress.waiting or (0.0, 0.0)
        progress.waiting = [loss + trainer.step_loss * trainer.step_labels, labels + trainer.step_labels]
        if trainer.halvings > self._halvings:
            self._halvings = trainer.halvings
            self.reporter.event("warning", "groups_halved", step=step, tokens=trainer.budget)

    def _show(self) -> None:
        progress, step = self.progress, self.progress.step
        self._used_mb, device_mb = self.memory.take()
        progress.peak_memory_mb = max(progress.peak_memory_mb, device_mb or self._used_mb)
        if step % self.plan.stride and step != self.plan.total and step != 1:
            self._report()
            return
        loss, labels = progress.waiting
        progress.train_loss, progress.waiting = loss / labels, []
        now = time.monotonic()
        speed = (progress.tokens - self._shown_tokens) / max(1e-9, now - self._shown_at)
        self._shown_at, self._shown_tokens = now, progress.tokens
        self.reporter.metric(
            step,
            train_loss=progress.train_loss,
            learning_rate=self._rate,
            grad_norm=self.trainer.grad_norm,
            tokens=progress.tokens,
            tokens_per_s=speed,
            memory_process_mb=self._used_mb,
            memory_device_mb=device_mb,
        )
        self._report()

    def _report(self) -> None:
        progress, clock, plan = self.progress, self._clock, self.plan
        checks = sum(step > progress.step for step in plan.checks)
        left = clock.step * (plan.total - progress.step) + (clock.check + clock.save) * checks
        self.reporter.progress(
            progress.step, plan.total, left, train_loss=progress.train_loss, val_loss=progress.val_loss
        )

    # ------------------------------------------------------------ checks and checkpoints

    def _check(self) -> None:
        """Score the held-out rows and answer the prompts with the weights of now."""
        began = time.monotonic()
        self.score()
        if self.trainer.method.figures is not None:
            self.reporter.metric(self.progress.step, **self.trainer.method.figures(self.trainer.model))
        if self.prompts:
            self.reporter.phase("sampling")
            for index, (prompt, text) in enumerate(zip(self.prompts, self.answer(), strict=True)):
                self.reporter.sample(self.progress.step, index, prompt.text, prompt.expected, text)
        self._clock.check = time.monotonic() - began
        self._shown_at = time.monotonic()
        self._report()
        self._raise_if_cancelled()

    def score(self) -> None:
        """Validation loss of the present weights, once a step."""
        progress = self.progress
        if not self.val or progress.evaluated_step == progress.step:
            return
        self.reporter.phase("evaluating")
        loss = self.trainer.mean_loss(self.val, self._raise_if_cancelled)
        if not math.isfinite(loss):
            raise Fault("training.nan", step=progress.step, learning_rate=self._rate or 0.0)
        progress.val_loss, progress.evaluated_step = loss, progress.step
        self.reporter.metric(progress.step, val_loss=loss, perplexity=perplexity(loss))

    def _save(self) -> None:
        began = time.monotonic()
        self.store.save(self.trainer, self.progress)
        now = time.monotonic()
        self._clock.save, self._clock.since_save, self._shown_at = now - began, now, now

    # ------------------------------------------------------------ ends

    def _raise_if_cancelled(self) -> None:
        if self.reporter.requested() == "cancel":
            raise Cancelled

    def _obey(self) -> None:
        self._raise_if_cancelled()
        if self.progress.step >= self.plan.total:
            return
        if self.memory.is_over(self._used_mb):
            self.ended = "memory"
        elif self.reporter.interrupted:
            self.ended = "interrupt"
        elif self.reporter.requested() == "stop":
            self.ended = "stop"
        elif self._time_is_up():
            self.ended = "time"
            self.reporter.event("warning", "time_budget", step=self.progress.step, total=self.plan.total)

    def _time_is_up(self) -> bool:
        if self.plan.deadline is None:
            return False
        clock = self._clock
        reserve = clock.step + 1.2 * clock.check + 3.0 * clock.save + 1.2 * self.progress.answer_seconds
        return time.monotonic() + reserve >= self.plan.deadline

    def _wind_up(self) -> None:
        """Leave a checkpoint to go on from; the score belongs to it when there is time for that."""
        if self.ended in ("stop", "time"):
            self.score()
        if self.ended != "interrupt" or self._clock.save < _CHEAP_SAVE_SECONDS:
            self._save()
        if self.ended == "memory":
            raise Fault("training.over_memory", used_mb=round(self._used_mb), limit_mb=self.memory.limit_mb)


def perplexity(loss: float | None) -> float | None:
    """exp(loss), where that is a number."""
    return None if loss is None or loss > 700 else math.exp(loss)
