"""The check of a job that learns from its own answers: held-out prompts are answered, likeliest and drawn, and compared with the start."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.errors import Fault
from engine.data.bundles.written import MOST_ANSWERED
from engine.evaluation.spread import spread
from engine.jobs.reporter import Reporter
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.mean_loss import HeldOutMeans
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.loop.held_out import PATIENCE, ScoredRows, TooSlow, until
from engine.training.pace.clock import Clock
from engine.training.pace.extras import Extras
from engine.training.rollout.prompt_rows import PromptRows
from engine.training.rollout.rewarded import Rewarded, bundles, figures_of
from engine.training.rollout.rollout import Rollout

if TYPE_CHECKING:
    from engine.training.loop.trainer import StepTrainer

_START = "start"  # in the state: rewards of the start's answers


class AnsweredRows(ScoredRows):
    """Held-out prompts, answered at each check instead of being scored.

    Attributes:
        rollout: that writes; set once there is a trainer.
    """

    rollout: Rollout

    def __init__(
        self,
        rows: Sequence[Example],
        own: PromptRows,
        clock: Clock,
        extras: Extras,
        reporter: Reporter,
        progress: TrainingProgress,
    ) -> None:
        super().__init__(spread(rows)[:MOST_ANSWERED], clock, extras, reporter, progress)
        self._own = own

    def means(self, trainer: StepTrainer) -> HeldOutMeans | None:
        """What the answers got. None where there is no time for it."""
        began, heeds = time.monotonic(), trainer.between_groups
        trainer.between_groups = until(self._latest(began), self._reporter)
        try:
            found = self._answered()
        except TooSlow:
            return None
        finally:
            trainer.between_groups = heeds
        self._clock.score = time.monotonic() - began
        return found if np.isfinite(found.loss) else None  # no reward could say anything, which was told

    def _latest(self, began: float) -> float | None:
        """Monotonic seconds at which a check is given up: while nobody knows how long one takes, it gets a part of the time."""
        latest, allowance = self._clock.latest, self.allowance
        if latest is None or allowance is None or self._clock.score:
            return latest
        return min(latest, began + PATIENCE * allowance)

    def _answered(self) -> HeldOutMeans:
        rollout, values = self.rollout, self.rollout.values
        keys = rollout.check_keys([one.place for one in self.rows])
        rows = [self._own[one.place] for one in self.rows]
        greedy = rollout.write(self.rows, keys, 1, 0.0, None)
        drawn = rollout.write(self.rows, keys, 1, float(values["temperature"]), None)
        likely, random = rollout.reward(rows, greedy), rollout.reward(rows, drawn)
        others = figures_of(greedy, likely) | {"reward_sampled": _mean(random)}
        others |= self._against_the_start(likely, random)
        if (made := bundles(self.rows, drawn, random.totals)) and (kl := rollout.distance(made)) is not None:
            others["kl"] = kl
        reward = _mean(likely)
        if not np.isfinite(reward):
            raise Fault("reward.nothing_scored", names=", ".join(likely.untold))
        return HeldOutMeans(-reward, len(self.rows), {name: one for name, one in others.items() if np.isfinite(one)})

    def _against_the_start(self, likely: Rewarded, random: Rewarded) -> dict[str, float]:
        state, now = self.rollout.state, {"greedy": list(likely.totals), "sampled": list(random.totals)}
        if self._progress.step == 0:
            state.setdefault(_START, now)
        if (start := state.get(_START)) is None:
            return {}  # there was no time to answer them at the start
        return {
            "win_rate": win_rate(now["greedy"], start["greedy"]),
            "win_rate_sampled": win_rate(now["sampled"], start["sampled"]),
        }


def win_rate(now: Sequence[float], start: Sequence[float]) -> float:
    """Share of the prompts whose answer got more than that of the start; equal ones count half, those that cannot be compared not."""
    pairs: list[tuple[Any, Any]] = [
        (a, b) for a, b in zip(now, start, strict=True) if np.isfinite(a) and np.isfinite(b)
    ]
    if not pairs:
        return float("nan")
    return float(np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs]))


def _mean(told: Rewarded) -> float:
    totals = np.asarray(told.totals, np.float64)
    known = totals[np.isfinite(totals)]
    return float(known.mean()) if len(known) else float("nan")
