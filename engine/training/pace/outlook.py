"""How far a job is and what is still to come, at any moment: the seconds of everything that it does, not of its steps alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from engine.jobs.reporter import Reporter

Seconds = Callable[[], float]
_OVERDUE = 0.1  # of the time that a stage has taken: so much more of one that takes longer than was thought
_LEAST = 0.1  # a job that has not ended has something left


class Outlook:
    """The stages of one attempt in their order. The reporter asks it twice a second; the share never falls.

    Args:
        stages: what each takes, as far as it is known by now; of one that has pieces, what its remaining pieces take.
        deadline: monotonic seconds at which a time limit ends the job; None without one.

    Attributes:
        earlier: seconds that went into what an earlier attempt left.
    """

    def __init__(self, reporter: Reporter, stages: Mapping[str, Seconds], deadline: float | None = None) -> None:
        self.earlier = 0.0
        self._began, self._deadline = reporter.began, deadline
        self._stages = dict(stages)
        self._place, self._since, self._share = 0, reporter.began, 0.0
        reporter.outlook = self.told

    def enter(self, stage: str) -> None:
        """This stage begins; those before it are over. Does nothing within it, or when it is over."""
        place = list(self._stages).index(stage)
        if place > self._place:
            self._place, self._since = place, time.monotonic()

    def know(self, stage: str, seconds: Seconds) -> None:
        """What a stage takes, from who knows it better by now."""
        self._stages[stage] = seconds

    def touch(self) -> None:
        """A piece of the present stage is done."""
        self._since = time.monotonic()

    @property
    def seconds_left(self) -> float:
        """Until the end, at the limit of time at the latest."""
        now = time.monotonic()
        inside = now - self._since
        own, *later = (seconds() for seconds in list(self._stages.values())[self._place :])
        left = max(own - inside, _OVERDUE * inside) + sum(later)
        return max(_LEAST, left if self._deadline is None else min(left, self._deadline - now))

    def told(self) -> dict[str, Any]:
        """The columns of the job's row, rounded as people would say it: pages that look need not draw anew all the time."""
        left = self.seconds_left
        spent = self.earlier + time.monotonic() - self._began
        self._share = max(self._share, spent / (spent + left))
        return {"seconds_left": _said(left), "share": round(self._share, 3)}


def _said(seconds: float) -> float:
    unit = next((unit for least, unit in ((7200.0, 60.0), (600.0, 10.0), (10.0, 1.0)) if seconds >= least), 0.1)
    return round(unit * round(seconds / unit), 1)
