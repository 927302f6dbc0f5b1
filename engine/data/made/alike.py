"""Near-duplicates among rows that come one after the other, by the rule of the check of that name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.data.quality.near import are_alike, runs_of
from engine.data.rows.row import Row, question_of
from engine.data.rows.wording import mark, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.data.quality.near import Runs

THRESHOLD = 0.8  # as the check has it unless somebody changes it
_COMMON = 400  # rows that have a run of words in common: then it tells nothing


class KnownRows:
    """The rows so far, found by the runs of words in them."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: list[Runs] = []
        self._by_run: dict[int, list[int]] = {}
        self._asked: set[int] = set()
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """From now on it is known."""
        runs = runs_of(row)
        self._asked.add(mark(plain(question_of(row))))
        for run in runs[0].tolist():
            places = self._by_run.setdefault(run, [])
            if len(places) < _COMMON:
                places.append(len(self._rows))
        self._rows.append(runs)

    def has_like(self, row: Row) -> bool:
        """Whether a known row asks the same, or says nearly the same."""
        if mark(plain(question_of(row))) in self._asked:
            return True
        mine = runs_of(row)
        met = Counter(place for run in mine[0].tolist() for place in self._by_run.get(run, ()))
        least = THRESHOLD / 2 * len(mine[0])
        return any(are_alike(mine, self._rows[place], THRESHOLD) for place, count in met.items() if count >= least)
