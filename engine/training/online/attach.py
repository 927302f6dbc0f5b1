"""A training job of an objective that learns from its own answers: its rows, its rewards and its check, put where the loop finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.data.bundles.written import WRITTEN_AT_ONCE
from engine.data.rows.training_rows import training_rows
from engine.evaluation.sampling import Prompt
from engine.objectives import objective_of
from engine.objectives.online.prompts import asked_of
from engine.rewards import read_rewards
from engine.rewards.declaration import Answered
from engine.rewards.total import OpenRewards, open_rewards
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.loop.inputs import rows_file
from engine.training.online.answered_rows import AnsweredRows
from engine.training.pace.extras import Extras
from engine.training.reference.start_model import StartModel
from engine.training.rollout.kept_answers import WrittenAnswers
from engine.training.rollout.prompt_rows import PromptRows, prompt_rows
from engine.training.rollout.rollout import Rollout, Wish

if TYPE_CHECKING:
    from engine.training.loop.attempt import Attempt
    from engine.training.loop.inputs import Inputs
    from engine.training.loop.trainer import StepTrainer

FOLDER = "answers"
_LOOKED_AT = 16  # the first rows of a split, among which the sample prompts are


def learns_from_answers(inputs: Inputs) -> bool:
    """Whether the job's objective learns from answers that the model writes."""
    return objective_of(inputs.spec.objective).online is not None


class OnlineParts:
    """What such a job has besides, from before its trainer is there.

    Attributes:
        held: its check.
        rows: of its prompts, by split.
    """

    def __init__(self, attempt: Attempt, progress: TrainingProgress, extras: Extras) -> None:
        inputs, reporter = attempt.inputs, attempt.reporter
        spec = inputs.spec
        longest = min(spec.training["max_length"], inputs.base.context_length or spec.training["max_length"])
        self._attempt, self._progress = attempt, progress
        self._values = {**spec.training, "max_length": longest}
        self._objective = objective_of(spec.objective)
        counts = {"train": len(inputs.examples.train), "val": len(inputs.examples.val)}
        path = rows_file(attempt.ctx, spec, inputs.dataset)
        self.rows: Mapping[str, PromptRows] = prompt_rows(
            training_rows(path), inputs.template, self._objective, self._values, counts, reporter.heed
        )
        self.held = AnsweredRows(inputs.examples.val, self.rows["val"], attempt.clock, extras, reporter, progress)
        self._scores: OpenRewards | None = None

    def close(self) -> None:
        """Give back what the rewards hold."""
        if self._scores is not None:
            self._scores.close()

    def attach(self, trainer: StepTrainer) -> None:
        """Have the trainer learn from answers.

        Raises:
            Fault: where a reward cannot work here.
        """
        attempt, objective = self._attempt, self._objective
        reporter = attempt.reporter
        self._scores = open_rewards(read_rewards(self._values["rewards"]), attempt.reward_env)
        _know_start(trainer)
        folder = reporter.ctx.settings.home / "jobs" / str(reporter.job_id) / FOLDER
        rollout = Rollout(
            trainer,
            objective,
            self._values,
            attempt.inputs.template,
            self.rows["train"],
            self._scores,
            WrittenAnswers(folder),
            self._progress.online,
            self._wish,
            WRITTEN_AT_ONCE,
            lambda code, **params: reporter.event("warning", code, **params),
            reporter.phase,
        )
        trainer.writes = self.held.rollout = rollout

    def _wish(self) -> Wish | None:
        reporter = self._attempt.reporter
        if reporter.interrupted:
            return "interrupt"
        return "stop" if reporter.requested() == "stop" else None

    def tell_samples(self, step: int, prompts: Sequence[Prompt], answers: Sequence[str]) -> None:
        """The reward of each sample answer, as the metric "sample_reward/<number of the prompt>"."""
        found = [(number, row) for number, one in enumerate(prompts) if (row := self._row_of(one)) is not None]
        if not found or self._scores is None:
            return
        batch = [Answered(asked_of(row), answers[number], row) for number, row in found]
        told = self._scores.score(batch).total
        rewards = {f"sample_reward/{number}": one for (number, _row), one in zip(found, told, strict=True)}
        self._attempt.reporter.metric(step, **rewards)

    def _row_of(self, prompt: Prompt) -> Mapping[str, Any] | None:
        """The row that a sample prompt was taken from; one of its own for a prompt that the user typed."""
        examples = self._attempt.inputs.examples
        for split, several in (("val", examples.val), ("train", examples.train)):
            for place in range(min(len(several), _LOOKED_AT)):
                if several[place].ids.tolist() == list(prompt.ids):
                    return self.rows[split][place]
        return {"prompt": [{"role": "user", "content": prompt.text}]}


def _know_start(trainer: StepTrainer) -> None:
    """Where the method can be switched off, the distance from the start costs nothing to hold: it is drawn at each check."""
    if trainer.start is None and hasattr(trainer.model, "disable_adapter"):
        found = StartModel(trainer)
        trainer.start = None if found.held else found
