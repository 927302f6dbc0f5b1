"""What tells of the base before the first step: under a limit of time it has a share of it, so that the first step comes."""

from __future__ import annotations

import time

from engine.planner.time.limit import EXTRAS_SHARE

_ANSWERS, _SCORE = 0.5, 0.6  # of what is left for all of them, in their order


class Extras:
    """The time that they may take together. What does not fit is thinned, comes later, or is left out, and that is said.

    Args:
        usable_s: seconds from now to the end of the time limit; None without one.
    """

    def __init__(self, usable_s: float | None) -> None:
        self._until = None if usable_s is None else time.monotonic() + EXTRAS_SHARE * usable_s

    @property
    def left(self) -> float | None:
        """Seconds that are left for all of them; None without a limit."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    @property
    def for_answers(self) -> float | None:
        """Seconds for the base's answers to the questions that are scored."""
        return None if self.left is None else _ANSWERS * self.left

    @property
    def for_score(self) -> float | None:
        """Seconds for the first score of the held-out rows."""
        return None if self.left is None else _SCORE * self.left

    def room_for(self, seconds: float) -> bool:
        """Whether so much more fits."""
        return self.left is None or seconds <= self.left
