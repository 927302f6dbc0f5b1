"""When a job does what, and what its parts take: for the time left and for ending in time."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from engine.planner.time.limit import ANSWERS_SHARE, CHECK_SHARE
from engine.planner.time.units import UnitTimes

_SHOWN_STEPS = 2_000  # a longer job shows the mean of several steps as one point
_SAVE_BYTES_S = 100e6  # until a save was measured
_SPARE = 1.2  # the next one may take longer than the last
_SLACK, _SLACK_S = (
    0.06,
    10.0,
)  # of what a limit leaves, and at most so many seconds: for a machine that does other things too
_SAVES_AT_THE_END = 4.0  # a checkpoint, and the result: two sets of weights where an earlier check was better
_FORWARD = 0.5  # of a step's time a token, without the backward pass
_MEASURED = ("step", "check", "score", "save")


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
    """Learns from what was measured; before that it believes the plan.

    Args:
        deadline: monotonic seconds at which the time limit ends; None without one.
        planned: what the plan says of each part.

    Attributes:
        step, check, score, save: seconds of one optimizer step, of one check (score and sample answers), of scoring
            alone, of one checkpoint; 0 until measured.
        answers: seconds of the scored answers at the end; 0 until the base gave its own.
        answered: share of them that are there.
        asks: whether there are any.
        usable_s: seconds from when the model could work to the deadline; None without a limit.
        saved_bytes: of a checkpoint.
        scored_share: tokens of an evaluation over tokens of a step.
    """

    def __init__(self, deadline: float | None, planned: UnitTimes) -> None:
        self.deadline, self.planned = deadline, planned
        self.step = self.check = self.score = self.save = self.answers = self.answered = 0.0
        self.asks = False
        self.usable_s: float | None = None
        self.saved_bytes = self.scored_share = 0.0
        self._last_save = time.monotonic()
        self.ready()

    def ready(self) -> None:
        """The model can work: what is left of the limit from now on is shared out."""
        self.usable_s = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    @property
    def measured(self) -> dict[str, float]:
        """What was measured so far, for whoever goes on."""
        return {name: value for name in _MEASURED if (value := getattr(self, name))}

    def believe(self, measured: Mapping[str, float]) -> None:
        """What an earlier attempt measured."""
        for name in _MEASURED:
            setattr(self, name, float(measured.get(name, 0.0)))

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

    # ------------------------------------------------------------ what is to come

    def left(self, steps: int, checks: int) -> float:
        """Seconds of so many steps and checks."""
        step, save = self.step or self.planned.step, self.save or self.planned.save
        return step * steps + ((self.check or self.planned.check) + save) * checks

    @property
    def answering(self) -> float:
        """Seconds of the scored answers that are still to come at the end."""
        return (self.answers or self.planned.answers) * (1.0 - self.answered) * self.asks

    @property
    def writing(self) -> float:
        """Seconds of what is written at the end: as much slower than planned as checkpoints were."""
        slower = self.save / self.planned.save if self.save and self.planned.save else 1.0
        return self.planned.result * slower

    # ------------------------------------------------------------ a limit of time

    def allowance(self) -> float | None:
        """Seconds that an evaluation may take; None without a limit."""
        return None if self.usable_s is None else CHECK_SHARE * self.usable_s

    @property
    def keeping(self) -> float:
        """Seconds that what was learned needs to be kept: a checkpoint and the result, and nothing else."""
        return _SAVES_AT_THE_END * (self.save or self.saved_bytes / _SAVE_BYTES_S)

    @property
    def latest(self) -> float | None:
        """Monotonic seconds at which writing must begin, with a little air; None without a limit."""
        return None if self.deadline is None else self.deadline - self.keeping - self._slack / 2

    @property
    def _slack(self) -> float:
        return min(_SLACK_S, _SLACK * (self.usable_s or 0.0))

    def _wind_up(self, scores: bool, *, first: bool) -> float:
        """The end: scoring, the scored answers within their share, and writing; before the first step, writing alone."""
        if first or self.usable_s is None:
            return self.keeping
        score = self.score or self.step * self.scored_share * _FORWARD
        answers = min(_SPARE * self.answering, ANSWERS_SHARE * self.usable_s)
        return _SPARE * score * scores + answers + self.keeping + self._slack

    def is_up(self, scores: bool, *, check_first: bool) -> bool:
        """Whether there is no time for another step, with a check before it where one is due, and the end after it."""
        if self.deadline is None:
            return False
        comes = self.step + (_SPARE * (self.check + self.save) if check_first else 0.0)
        return time.monotonic() + comes + self._wind_up(scores, first=False) >= self.deadline

    def must_wind_up(self, scores: bool, *, first: bool) -> bool:
        """Whether only the end can still be brought in. Before the first step the end is only to keep what that teaches."""
        return self.deadline is not None and time.monotonic() + self._wind_up(scores, first=first) >= self.deadline
