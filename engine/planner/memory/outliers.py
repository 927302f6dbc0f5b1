"""A few examples that are much longer than all others decide how much memory a job needs: what leaving them out would save."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.core.shapes import Change
from engine.data.templates.lengths import SPLIT, Counts
from engine.planner.memory.verdict import Verdict
from engine.shapes.plans import WarningView

MOST_SHARE = 0.01  # of the rows that may be left out ...
FEWEST_ROWS = 20  # ... but one of so many at least
LEAST_SAVED = 0.15  # of the memory, for which it is worth saying
_CLEARLY_SHORTER = 0.85  # of the longest one: memory grows with it, so less is not worth looking at
_STEP = 16  # limits are multiples of it
_LONGEST_ROWS = 200  # that are looked at


@dataclass(frozen=True)
class OutlierSaving:
    """What leaving out the longest examples comes to.

    Attributes:
        n: examples that are left out, of the whole data set.
        rows: examples that there are.
        longest: tokens of the longest one, as it is trained on now.
        max_length: limit beyond which they are left out.
        need_mb, then_mb: memory with them, and without.
    """

    n: int
    rows: int
    longest: int
    max_length: int
    need_mb: int
    then_mb: int

    @property
    def change(self) -> Change:
        """The settings that leave them out."""
        return {"training.max_length": self.max_length, "training.over_length": "drop"}

    @property
    def params(self) -> dict[str, int]:
        """What sentences are filled in with."""
        less = self.need_mb - self.then_mb
        return {"n": self.n, "rows": self.rows, "longest": self.longest, "max_length": self.max_length, "less_mb": less}


@dataclass(frozen=True)
class Outliers:
    """The longest examples of a job.

    Attributes:
        lengths: of all measured rows, shortest first.
        train: the rows as the job sees them now.
        over_length: what it does with rows that are too long; None where it has no such setting.
        need_mb: memory that it takes now.
        without: limit of length -> rows and memory, where longer ones are left out.
    """

    lengths: Sequence[int]
    train: Counts
    over_length: str | None
    need_mb: int
    without: Callable[[int], tuple[Counts, int]]

    def that_fit(self, limit_mb: int) -> OutlierSaving | None:
        """The fewest rows without which the job fits; None where a few do not help."""
        return next((one for one in self._tried() if one.then_mb <= limit_mb), None)

    @property
    def worth_saying(self) -> OutlierSaving | None:
        """The fewest rows whose loss saves clearly; None where there are none."""
        return next((one for one in self._tried() if one.then_mb <= (1 - LEAST_SAVED) * self.need_mb), None)

    def _tried(self) -> Iterator[OutlierSaving]:
        """Each limit that leaves out no more than a few, those that leave out fewest first."""
        rows = self.train.rows
        for length in self._limits():
            counts, then_mb = self.without(length)
            n = rows - counts.rows
            if 0 < n <= max(MOST_SHARE * rows, 1):
                yield OutlierSaving(n, rows, self.train.longest, length, self.need_mb, then_mb)

    def _limits(self) -> Iterator[int]:
        if self.over_length in (None, SPLIT) or self.train.split or self.train.rows < FEWEST_ROWS:
            return
        count, before = len(self.lengths), self.train.longest
        most = min(_LONGEST_ROWS, max(1, int(MOST_SHARE * count)))
        for left_out in range(1, min(most, count - 1) + 1):
            length = -(-self.lengths[count - 1 - left_out] // _STEP) * _STEP
            if length <= _CLEARLY_SHORTER * before:
                yield length
                before = length


def leave_out_verdict(few: OutlierSaving, limit_mb: int) -> Verdict:
    """What to say of a job that fits once its longest examples are left out."""
    params = few.params | {"need_mb": few.need_mb, "limit_mb": limit_mb, "then_mb": few.then_mb}
    return Verdict("verdict.leave_out", params, change=few.change)


def outlier_advice(outliers: Outliers, limit_mb: int) -> Iterator[WarningView]:
    """Where a job fits all the same, but a few examples take clearly more memory than all others."""
    few = outliers.worth_saying if outliers.need_mb <= limit_mb else None
    if few is not None:
        yield {"code": "warning.outliers", "params": {**few.params, "then_mb": few.then_mb}, "change": few.change}
