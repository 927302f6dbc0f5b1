"""Columns that a mapping leaves out although rows have something there: counted, so that nothing is lost unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from engine.data.records.record import Record
from engine.data.schema.contents import Reads, reads_like, says_something
from engine.data.schema.majority import most

_LOOKED_AT = 200  # values by which a column is told
_CLIP = 80
_ORDER: tuple[Reads, ...] = ("text", "nested", "label", "number")
T = TypeVar("T")


@dataclass(frozen=True)
class LeftOutColumn:
    """A column that is not learnt.

    Attributes:
        column: its name.
        rows: how many of the rows looked at have something there.
        reads: what it looks like: "text", "nested" (lists or objects), "label" (a few values again and again) or "number" (numbers,
            dates, codes).
        share: how much of all characters of the rows looked at stand in it, 0 to 1.
        looked: rows that were looked at; messages where several of them make a conversation.
    """

    column: str
    rows: int
    reads: Reads
    share: float = field(default=0.0, compare=False)
    looked: int = field(default=0, compare=False)


class LeftOutCounter:
    """Counts what passes through a converter of records; `takes` tells the columns that are used."""

    def __init__(self, takes: Callable[[str], bool]) -> None:
        self._takes = cache(takes)
        self._looked = 0
        self._rows: Counter[str] = Counter()
        self._values: dict[str, Counter[str]] = {}
        self._nested: Counter[str] = Counter()
        self._characters: Counter[str] = Counter()
        self._all = 0

    def watching(self, convert: Callable[[Record], T]) -> Callable[[Record], T]:
        """The converter, which counts what each record holds beside what is learnt."""

        def watched(record: Record) -> T:
            self.count(record.values)
            return convert(record)

        return watched

    def count(self, values: Mapping[str, Any]) -> None:
        """One more row."""
        self._looked += 1
        for column, value in values.items():
            size = len(value if isinstance(value, str) else str(value)) if value is not None else 0
            self._all += size
            if self._takes(column) or not says_something(value):
                continue
            self._rows[column] += 1
            self._characters[column] += size
            if isinstance(value, (list, dict)):
                self._nested[column] += 1
            if self._rows[column] <= _LOOKED_AT:
                self._values.setdefault(column, Counter())[str(value).strip()[:_CLIP]] += 1

    def found(self) -> list[LeftOutColumn]:
        """Every such column: texts first, numbers last, each kind in the order of the file."""
        found = [
            LeftOutColumn(column, rows, self._reads(column), self._characters[column] / self._all, self._looked)
            for column, rows in self._rows.items()
        ]
        return sorted(found, key=lambda one: _ORDER.index(one.reads))

    def _reads(self, column: str) -> Reads:
        return "nested" if most(self._nested[column], self._rows[column]) else reads_like(self._values[column])
