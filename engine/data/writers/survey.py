"""What the columns of a table hold, found in one pass before it is written: a file's header cannot be changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.data.rows.row import THINKING, Row
from engine.data.writers.layout import ExportLayout, NotFit, Record

EXACT = 2**53  # beyond it a number with a point cannot hold every whole one
_WHOLE = 2**63
TURNS = {
    "turns": ("role", "content"),
    "said": ("from", "value"),
    "thoughts": ("role", "content", THINKING),
    "said_thoughts": ("from", "value", THINKING),
}  # the last member of three need not be there


@dataclass
class ColumnSurvey:
    """The kinds of values in a column: "bool", "int", "wide" (a whole number beyond 2^53), "huge" (beyond 2^63), "float",
    "text", "turns" or "said" (a list of messages with two texts each), "thoughts" or "said_thoughts" (the same, some of them with
    their thinking) or "nested" (any other list or object)."""

    kinds: set[str] = field(default_factory=set)  # as listed above

    @property
    def type(self) -> str:
        """The one type that holds them all: "bool", "int", "float", one of `TURNS`, else "text"."""
        fits = (type_ for type_, allowed in _TYPES.items() if self.kinds and self.kinds <= allowed)
        return next(fits, "text")

    @property
    def mixed(self) -> bool:
        """Whether numbers or yes/no values have to become texts."""
        return self.type == "text" and bool(self.kinds - {"text", *TURNS, "nested"})


_TYPES = {
    "bool": {"bool"},
    "int": {"int", "wide"},
    "float": {"float", "int"},
    "turns": {"turns"},
    "said": {"said"},
    "thoughts": {"thoughts", "turns"},
    "said_thoughts": {"said_thoughts", "said"},
}


@dataclass
class RowsSurvey:
    """Columns in order, how many rows there are by split, and how many of them no file held."""

    columns: dict[str, ColumnSurvey] = field(default_factory=dict)  # name -> what it holds
    splits: dict[str, int] = field(default_factory=dict)  # split -> rows that fit
    made_up: int = 0  # rows made by a model or by an operation
    misfits: int = 0  # rows that the layout cannot hold
    first_misfit: int | None = None  # id of the first of them

    @property
    def rows(self) -> int:
        """All rows that fit."""
        return sum(self.splits.values())


def survey(rows: Iterator[Row], layout: ExportLayout) -> RowsSurvey:
    """Look at every row once."""
    found = RowsSurvey({name: ColumnSurvey() for name in layout.columns})
    for row in rows:
        try:
            record = layout.record(row)
        except NotFit:
            found.misfits += 1
            found.first_misfit = row["id"] if found.first_misfit is None else found.first_misfit
            continue
        found.splits[row["split"]] = found.splits.get(row["split"], 0) + 1
        found.made_up += "origin" in row
        _look(record, found.columns)
    return found


def _look(record: Record, columns: dict[str, ColumnSurvey]) -> None:
    for name, value in record.items():
        column = columns.get(name)
        if column is None:
            column = columns[name] = ColumnSurvey()
        if value is not None:
            column.kinds.add(_kind(value))


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if abs(value) <= EXACT else "wide" if -_WHOLE <= value < _WHOLE else "huge"
    if isinstance(value, float):
        return "float"
    return _kind_of_list(value)


def _kind_of_list(value: Any) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(turn, Mapping) for turn in value):
        return "nested"
    plain = all(isinstance(text, str) for turn in value for text in turn.values())
    return next((kind for kind, names in TURNS.items() if plain and _all_have(value, names)), "nested")


def _all_have(turns: list[Mapping[str, Any]], names: tuple[str, ...]) -> bool:
    return all(set(names[:2]) <= turn.keys() <= set(names) for turn in turns)
