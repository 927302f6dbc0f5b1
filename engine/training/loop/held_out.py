"""The held-out rows of a job: which of them are scored, and how the first score finds out how many there is time for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.evaluation.spread import spread
from engine.jobs.reporter import Reporter
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.mean_loss import HeldOutMeans
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.pace.clock import Clock
from engine.training.pace.extras import Extras

if TYPE_CHECKING:
    from engine.training.loop.trainer import StepTrainer

MOST_HELD_OUT = 500
_FIRST = 64  # so many parts of the rows are there at most while nobody knows how long scoring them takes
PATIENCE = 1.5  # times the allowance: then what was begun is given up


class TooSlow(BaseException):
    """What is being scored takes longer than there is time for."""


def thinned(rows: Sequence[Example], reporter: Reporter) -> list[Example]:
    """All held-out rows, or evenly spread ones of very many."""
    if len(rows) <= MOST_HELD_OUT:
        return list(rows)
    reporter.event("info", "validation_thinned", used=MOST_HELD_OUT, total=len(rows))
    return [rows[i * len(rows) // MOST_HELD_OUT] for i in range(MOST_HELD_OUT)]


class ScoredRows:
    """The rows that are scored, as long as there is time for all of them.

    Attributes:
        rows: fewer where a time limit did not leave room for all; those stand for all from then on.
    """

    def __init__(
        self, rows: Sequence[Example], clock: Clock, extras: Extras, reporter: Reporter, progress: TrainingProgress
    ) -> None:
        fewer = progress.scored_rows
        self.rows: Sequence[Example] = rows if fewer is None else spread(rows)[:fewer]
        self._clock, self._extras, self._reporter, self._progress = clock, extras, reporter, progress

    def means(self, trainer: StepTrainer) -> HeldOutMeans | None:
        """Means over the rows; None where there is no time for it."""
        began, clock = time.monotonic(), self._clock
        found = score_until(trainer, self.rows, clock.latest, self._reporter) if clock.score else self._first(trainer)
        if found is not None:
            clock.score = time.monotonic() - began
        return found

    def _first(self, trainer: StepTrainer) -> HeldOutMeans | None:
        if (found := first_score(trainer, self.rows, self.allowance, self._reporter)) is None:
            return None
        means, scored = found
        if len(scored) < len(self.rows):
            self._progress.scored_rows = len(scored)
        self.rows = scored
        return means

    @property
    def allowance(self) -> float | None:
        """Seconds that the first score may take; None without a limit."""
        return self._extras.for_score if self._progress.step == 0 else self._until_the_end()

    def _until_the_end(self) -> float | None:
        allowance, latest = self._clock.allowance(), self._clock.latest
        return allowance if allowance is None or latest is None else min(allowance, max(0.0, latest - time.monotonic()))


def first_score(
    trainer: StepTrainer, rows: Sequence[Example], allowance: float | None, reporter: Reporter
) -> tuple[HeldOutMeans, Sequence[Example]] | None:
    """Means, and the rows that were scored; None where not even the first few were done in time.

    Where all rows would take longer than the allowance (in seconds), it ends early, and the rows that were scored stand for
    all from then on: they are spread evenly over them.
    """
    if allowance is None:
        return trainer.mean_loss(rows, reporter.heed), rows
    began, order = time.monotonic(), spread(rows)
    look = until(began + PATIENCE * allowance, reporter)
    done, found, size = 0, HeldOutMeans(0.0, 0.0), max(1, len(order) // _FIRST)
    try:
        while size:
            some = order[done : done + size]
            more = trainer.mean_loss(some, look)
            found = more if not done else found.and_of(more)
            done += len(some)
            size = _next_part(done, len(order), time.monotonic() - began, allowance)
    except TooSlow:
        if not done:
            return None
    if done < len(order):
        reporter.event("warning", "validation_in_time", used=done, total=len(order))
        order = order[:done]
    return found, order


def _next_part(done: int, total: int, spent: float, allowance: float) -> int:
    """All the rest where there is time for it, else as many again; 0 for none."""
    if spent * total / done <= allowance:
        return total - done
    return min(done, total - done) if 2 * spent <= allowance else 0


def score_until(
    trainer: StepTrainer, rows: Sequence[Example], latest: float | None, reporter: Reporter
) -> HeldOutMeans | None:
    """Means; None where it is not there at `latest` (monotonic seconds)."""
    try:
        return trainer.mean_loss(rows, until(latest, reporter))
    except TooSlow:
        return None


def until(latest: float | None, reporter: Reporter) -> Callable[[], None]:
    """A look at the user's wishes and at the clock: raises TooSlow after `latest` (monotonic seconds)."""

    def look() -> None:
        reporter.heed()
        if latest is not None and time.monotonic() > latest:
            raise TooSlow

    return look
