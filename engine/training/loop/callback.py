"""What happens between two steps: numbers, checks on held-out rows, sample answers, checkpoints, and the user's wishes."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.core.errors import Fault
from engine.jobs.reporter import Reporter
from engine.training.doctor.doctor import Doctor
from engine.training.limits.limits import OutOfMemory, TimeIsUp
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.checkpoints import CheckpointStore, Prepared, TrainingProgress
from engine.training.loop.held_out import ScoredRows
from engine.training.loop.sample_answers import SampleAnswers
from engine.training.pace.clock import CheckSchedule, Clock
from engine.training.pace.outlook import Outlook

if TYPE_CHECKING:
    from engine.training.loop.attempt_resources import AttemptResources
    from engine.training.loop.trainer import StepTrainer

_SAVE_EVERY_SECONDS = 900.0
_CHEAP_SAVE_SECONDS = 15.0
_log = logging.getLogger(__name__)


class TrainingCallback(TrainerCallback):
    """Looks after one run. `trainer` is set once it exists."""

    trainer: StepTrainer
    doctor: Doctor

    def __init__(
        self,
        reporter: Reporter,
        store: CheckpointStore,
        plan: CheckSchedule,
        progress: TrainingProgress,
        *,
        held: ScoredRows,
        samples: SampleAnswers,
        memory: MemoryWatch,
        resources: AttemptResources,
        clock: Clock,
        prepared: Prepared,
        outlook: Outlook,
    ) -> None:
        self.reporter, self.store, self.plan, self.progress = reporter, store, plan, progress
        self.held, self.samples, self.memory = held, samples, memory
        self.resources, self.clock = resources, clock
        self.prepared, self.outlook = prepared, outlook
        outlook.know("training", self._steps_left_s)
        self.ended: str | None = None  # why training ended before its last step: "stop", "time", "interrupt", "memory"
        self._began = self._shown_at = time.monotonic()
        self._shown_tokens = progress.tokens
        self._rate: float | None = None
        self._used_mb = 0.0
        self._earlier = progress.elapsed
        self._first = self._checked = progress.step  # before this attempt; the last step whose check is done

    # ------------------------------------------------------------ the trainer calls

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The untouched base's score and answers, unless an earlier attempt has them."""
        self.memory.begin()
        self.trainer.moved = self.progress.step > 0
        self.doctor = Doctor(self.reporter, self.trainer.spec.training, self.trainer.examples)
        if self.progress.step == 0 and self.plan.checks:
            self.outlook.enter("first_check")
            with self.trainer.untouched():
                self._check()
        self.outlook.enter("training")
        self.memory.take()
        self._began = self._shown_at = time.monotonic()
        self.clock.saved()
        self.trainer.between_groups = self._between_groups
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
        if self.trainer.flat:
            return
        self.trainer.moved |= self._rate > 0
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
        elif self.ended is None and self.clock.since_save > _SAVE_EVERY_SECONDS:
            self._save()
        self.doctor.look(self.progress.step)
        if self.ended is not None:
            self.wind_up()
            control.should_training_stop = True
        self.memory.take()  # what a check or a save took says nothing of the next step
        if not control.should_training_stop and self.progress.step < self.plan.total:
            self.reporter.phase("training")

    # ------------------------------------------------------------ numbers

    def _count(self, step: int) -> None:
        trainer, progress = self.trainer, self.progress
        seconds = time.monotonic() - self._began
        self.clock.stepped(seconds)
        self.outlook.touch()
        progress.step = self.resources.step = step
        self.reporter.nothing_yet = False
        progress.seconds += seconds
        progress.tokens += trainer.step_tokens
        progress.note_step(trainer.step_means)
        loss, weight = progress.waiting or (0.0, 0.0)
        progress.waiting = [loss + trainer.step_loss * trainer.step_weight, weight + trainer.step_weight]

    def tell_halved(self) -> None:
        """Keep it in an event that the groups became smaller, for the reader and for whoever goes on with the job."""
        trainer, resources = self.trainer, self.resources
        resources.microbatch = replace(resources.microbatch, tokens=trainer.budget, tries=trainer.tries)
        told = {"tokens": trainer.budget, "tries": trainer.tries, "footing": resources.microbatch.as_dict()}
        self.reporter.event("warning", "groups_halved", step=self.progress.step, **told)

    def _show(self) -> None:
        progress, step = self.progress, self.progress.step
        self._used_mb, device_mb = self.memory.take()
        progress.peak_memory_mb = max(progress.peak_memory_mb, self.memory.highest_mb)
        self.resources.saw(self._used_mb if device_mb is None else device_mb, self.trainer.largest)
        if step % self.plan.stride and step != self.plan.total and step != 1:
            self.report()
            return
        loss, weight = progress.waiting
        progress.train_loss, progress.waiting = loss / weight, []
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
            **progress.shown_means(),
        )
        self.report()

    def _steps_left_s(self) -> float:
        """Seconds until the last checkpoint is written: the steps and checks that are still to come; of a job that ends
        early, its last score; without checks, the score at the end."""
        clock, score = self.clock, (self.clock.score or self.clock.planned.score) * self._scores_again()
        if self.ended is not None:
            return score + clock.left(0, 1) - (clock.check or clock.planned.check)
        checks = sum(step > self._checked for step in self.plan.checks)
        return clock.left(self.plan.total - self.progress.step, checks) + (0.0 if self.plan.checks else score)

    def tell_answered(self, share: float) -> None:
        """How far the end is: so many of the scored questions, 0 to 1, are answered."""
        self.clock.answered = share
        self.outlook.touch()
        self.report()

    def report(self) -> None:
        """How far the job is, and what is left of it."""
        progress, told = self.progress, self.outlook.told()
        losses = {"train_loss": progress.train_loss, "val_loss": progress.val_loss}
        left = told.pop("seconds_left")
        self.reporter.progress(progress.step, self.plan.total, left, **told, **losses)

    # ------------------------------------------------------------ checks and checkpoints

    def _check(self) -> None:
        """Score the held-out rows and answer the prompts with the weights of now, whatever of it is not there yet."""
        began, progress = time.monotonic(), self.progress
        scored = self.score()
        self._keep_prepared()
        if self.trainer.method.figures is not None:
            self.reporter.metric(progress.step, **self.trainer.method.figures(self.trainer.model))
        sampled = self.samples.ask()
        if scored + sampled == bool(self.held.rows) + bool(self.samples.prompts):
            self.clock.check = time.monotonic() - began
        self._shown_at, self._checked = time.monotonic(), progress.step
        self.outlook.touch()
        self._keep_prepared()
        self.report()
        self.reporter.heed()

    def _keep_prepared(self) -> None:
        """What is known of the base, for whoever goes on before the first step is done."""
        progress = self.progress
        if progress.step == 0:
            progress.base_val_loss, progress.measured = progress.val_loss, self.clock.measured
            progress.base_others = progress.val_others
            self.note_elapsed()
            self.prepared.keep(progress)

    def score(self) -> bool:
        """Validation loss of the present weights, once a step, where there is time for it. Whether it was made now.

        Raises:
            Fault: "training.nan..." where it is no number.
        """
        progress = self.progress
        if not self.held.rows or progress.evaluated_step == progress.step:
            return False
        self.reporter.phase("evaluating")
        if (found := self.held.means(self.trainer)) is None:
            self.reporter.event("warning", "score_left_out", step=progress.step)
            return False
        loss = found.loss
        if not math.isfinite(loss):
            raise self.trainer.diagnose(self.held.rows, progress.step)
        others = {f"val_{key}": value for key, value in found.others.items()}
        progress.val_loss, progress.evaluated_step, progress.val_others = loss, progress.step, others
        progress.note_check()
        self.reporter.metric(progress.step, val_loss=loss, **self.trainer.objective.validation(loss), **others)
        return True

    def note_elapsed(self) -> None:
        """Time that this job has taken so far, with its earlier attempts."""
        self.progress.elapsed = self._earlier + time.monotonic() - self.reporter.began

    def _save(self) -> None:
        began = time.monotonic()
        self.reporter.phase("saving")
        self.note_elapsed()
        self.progress.measured = self.clock.measured
        self.store.save(self.trainer, self.progress)
        self.clock.saved(time.monotonic() - began)
        self.outlook.touch()
        self._shown_at = time.monotonic()

    # ------------------------------------------------------------ ends

    def _between_groups(self) -> None:
        """Within a step: a step that cannot end in time is given up, the ones before it are kept."""
        self.reporter.heed()
        if self.clock.must_wind_up(self._scores_again(), first=self.progress.step == self._first):
            raise TimeIsUp

    def _scores_again(self) -> bool:
        return bool(self.held.rows) and self.progress.evaluated_step != self.progress.step

    def _obey(self) -> None:
        self.reporter.heed()
        if self.progress.step >= self.plan.total:
            return
        if self.memory.is_over(self._used_mb):
            self._use_less()
        if self.ended is not None:
            return
        if self.reporter.interrupted:
            self.ended = "interrupt"
        elif self.reporter.requested() == "stop":
            self.ended = "stop"
        elif self.clock.is_up(bool(self.held.rows), check_first=self.progress.step in self.plan.checks):
            self.end_in_time()

    def _use_less(self) -> None:
        """The process took more than the budget, which the system did not refuse: smaller groups, if those can help."""
        examples = self.trainer.latest
        try:
            if self.memory.holds_too_much():
                raise OutOfMemory(self.progress.step, self.trainer.budget)
            self.trainer.halve(examples)
        except OutOfMemory:
            self.ended = "memory"

    def end_in_time(self) -> None:
        """Training ends here because of the time limit."""
        self.ended = "time"
        self.reporter.event("warning", "time_budget", step=self.progress.step, total=self.plan.total)

    def wind_up(self) -> None:
        """Leave a checkpoint to go on from; the score belongs to it when there is time for that.

        Raises:
            Fault: "training.over_memory" where that ended the job.
        """
        if self.ended in ("stop", "time"):
            self.score()
        if self.ended != "interrupt" or self.clock.save < _CHEAP_SAVE_SECONDS:
            self._save()
        if self.ended == "memory":
            raise Fault("training.over_memory", used_mb=round(self._used_mb), **self.resources.told())
