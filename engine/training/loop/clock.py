"""When a job does what, and what its parts take: for the time left and for ending in time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

_SHOWN_STEPS = 2_000  # a longer job shows the mean of several steps as one point
_SHARE = 0.15  # of the time limit that one evaluation, or one round of sample answers, may take
_SAVE_BYTES_S = 100e6  # until a save was measured
_SPARE = 1.2  # the next one may take longer than the last
_FORWARD = 0.5  # of a step's time a token, without the backward pass


@dataclass
class CheckSchedule:
    """When to do what.

    Attributes:
        total: optimizer steps of the whole job.
        checks: steps after which the held-out rows are scored, the prompts answered and a checkpoint kept.
    """

    total: int
    checks: frozenset[int]

    @property
    def stride(self) -> int:
        """Steps from one shown point to the next."""
        return max(1, math.ceil(self.total / _SHOWN_STEPS))


def check_steps(total: int, evaluations: int) -> frozenset[int]:
    """`evaluations` steps, evenly spread; the last one is the end."""
    return frozenset(max(1, round(total * k / evaluations)) for k in range(1, evaluations + 1))


class Clock:
    """Learns from what was measured; before that it guesses.

    Args:
        deadline: monotonic seconds at which the time limit ends; None without one.
        limit_s: the time limit.
        saved_bytes: of a checkpoint.
        scored_share: tokens of an evaluation over tokens of a step.

    Attributes:
        step, check, score, save: seconds of one optimizer step, of one check (score and sample answers), of scoring
            alone, of one checkpoint; 0 until measured.
        answers: seconds of the scored answers at the end.
    """

    def __init__(
        self, deadline: float | None, limit_s: float | None, *, saved_bytes: float = 0.0, scored_share: float = 0.0
    ) -> None:
        self.deadline, self.limit_s = deadline, limit_s
        self.step = self.check = self.score = self.save = self.answers = 0.0
        self._saved_bytes, self._scored_share = saved_bytes, scored_share
        self._last_save = time.monotonic()

    def stepped(self, seconds: float) -> None:
        """A step took this long."""
        self.step = seconds if not self.step else 0.8 * self.step + 0.2 * seconds

    def saved(self, seconds: float | None = None) -> None:
        """A checkpoint was just written (or there is nothing to lose yet)."""
        self.save = self.save if seconds is None else seconds
        self._last_save = time.monotonic()

    @property
    def since_save(self) -> float:
        """Seconds whose work would be lost now."""
        return time.monotonic() - self._last_save

    def left(self, steps: int, checks: int) -> float:
        """Seconds of so many steps and checks."""
        return self.step * steps + (self.check + self.save) * checks

    @property
    def ending(self) -> float:
        """Seconds of what comes after the last step and its check: the scored answers, and the result."""
        return self.answers + self.save

    def allowance(self) -> float | None:
        """Seconds that an evaluation may take; None without a limit."""
        return None if self.limit_s is None else _SHARE * self.limit_s

    def _wind_up(self, scores: bool) -> float:
        """Scoring, a checkpoint, the scored answers, and the result: two sets of weights where an earlier check was better."""
        score = self.score or self.step * self._scored_share * _FORWARD
        save = max(self.save, self._saved_bytes / _SAVE_BYTES_S if not self.save else 0.0)
        return _SPARE * (score * scores + self.answers) + 4.0 * save

    def is_up(self, scores: bool, *, check_first: bool) -> bool:
        """Whether there is no time for another step, with a check before it where one is due, and the end after it."""
        if self.deadline is None:
            return False
        comes = self.step + (_SPARE * (self.check + self.save) if check_first else 0.0)
        return time.monotonic() + comes + self._wind_up(scores) >= self.deadline

    def must_wind_up(self, scores: bool) -> bool:
        """Whether only the end can still be brought in."""
        return self.deadline is not None and time.monotonic() + self._wind_up(scores) >= self.deadline
