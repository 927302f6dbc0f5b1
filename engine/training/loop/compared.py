"""What a job measures for a comparison of objectives: by one rule for all of them, before the first step and at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from engine.core.errors import Fault, TunesmithError
from engine.data.rows.scored_answers import answers_path, read_answers
from engine.data.rows.store import read_rows
from engine.data.templates.encoded import Bundle
from engine.evaluation.comparison.objective_measures import measured_answers
from engine.objectives.preference.makers import PairMaker
from engine.objectives.preference.pairs import read_pairs
from engine.rewards import read_rewards
from engine.rewards.declaration import RewardEnv
from engine.rewards.total import open_rewards
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.loop.inputs import Inputs, rows_file

if TYPE_CHECKING:
    from engine.jobs.reporter import Reporter
    from engine.training.loop.checkpoints import TrainingProgress
    from engine.training.loop.trainer import StepTrainer

_MOST_PAIRS = 64
BEFORE, AFTER = "before", "after"


def _untold(name: str, count: int = 1, fault: Fault | None = None) -> None:
    """Training has told which rows are left out."""


class ComparedMeasures:
    """Measures of one job that takes part in a comparison of objectives; does nothing for others.

    Args:
        wanted: what stands beside the job's spec: {"pairs", "rewards"}; empty for a job that takes part in none.
        env: what rewards may use here.
    """

    def __init__(self, inputs: Inputs, reporter: Reporter, wanted: Mapping[str, Any], env: RewardEnv) -> None:
        self._inputs, self._reporter, self._wanted, self._env = inputs, reporter, wanted, env
        self._examples: list[Example] | None = None

    def before(self, trainer: StepTrainer, progress: TrainingProgress) -> None:
        """Of the weights that training starts from."""
        if self._wanted.get("pairs") and not progress.step and progress.compared is None:
            progress.compared = {BEFORE: self._pairs(trainer)}

    def after(self, trainer: StepTrainer, progress: TrainingProgress) -> None:
        """Of the weights that became the model, and of the answers that were given with them."""
        if not self._wanted:
            return
        found = dict(progress.compared or {})
        if self._wanted.get("pairs"):
            found[AFTER] = self._pairs(trainer)
        progress.compared = found | self._answers()

    def _answers(self) -> dict[str, Any]:
        rows = read_answers(answers_path(self._reporter.ctx.settings.home, self._reporter.job_id))
        chosen = self._wanted.get("rewards")
        try:
            if chosen and rows:
                with open_rewards(read_rewards(chosen), self._env) as judge:
                    return measured_answers(rows, judge)
        except TunesmithError:  # a judge that is gone costs no job its end
            self._reporter.event("warning", "not_judged")
        return measured_answers(rows, None)

    def _pairs(self, trainer: StepTrainer) -> dict[str, Any]:
        """{"pairs_right", "pairs"}: how many held-out pairs there are, and of which share the better answer is likelier a token."""
        examples = self._held_out()
        if not examples:
            return {}
        right = count = 0
        training = trainer.model.training
        trainer.model.eval()
        try:
            with torch.no_grad():
                for group in trainer.forward.groups(examples, trainer.budget):
                    with trainer.forward.session(group), trainer.autocast():
                        pairs = read_pairs(trainer.forward, group, reference=False)
                    right += int((pairs.better_mean > pairs.worse_mean).sum())
                    count += len(pairs.better_mean)
                    self._reporter.heed()
        finally:
            trainer.model.train(training)
        return {"pairs_right": right / count, "pairs": count}

    def _held_out(self) -> list[Example]:
        if self._examples is None:
            inputs = self._inputs
            maker = PairMaker(inputs.template, inputs.spec.training, _untold)
            path = rows_file(self._reporter.ctx, inputs.spec, inputs.dataset)
            rows = [row for row in read_rows(path, "val") if "chosen" in row or "ranks" in row]
            spread = (
                [rows[place * len(rows) // _MOST_PAIRS] for place in range(_MOST_PAIRS)]
                if len(rows) > _MOST_PAIRS
                else rows
            )
            made = [one for row in spread for one in maker.add(row)]
            self._examples = [bundle_example(one) for one in made if isinstance(one, Bundle)]
        return self._examples
