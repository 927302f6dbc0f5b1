"""Rows of cells under a header, wherever they come from: which row names the columns, and what becomes of each other one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault
from engine.data.readers.tables.headers import header_names, is_header_again, numbered_names
from engine.data.records.bounds import MAX_FIELD, MAX_ROW, ReadingBudget, check_columns
from engine.data.records.record import MAX_RAW, Record, Rejected, clip, show
from engine.data.schema.declared import is_known_name

_TITLE_ROWS = 5  # at most so many stand above the header
Cells = list[str | None]


@dataclass(frozen=True)
class TableLayout:
    """How a table is laid out.

    Attributes:
        header: number of the row that names the columns, from 1; 0 where none does.
        names: of the columns, each once.
        renamed: names whose header was empty or repeated.
        above: filled rows above the header.
        heads: the header's cells as they stand.
    """

    header: int
    names: list[str]
    renamed: list[str]
    above: int
    heads: tuple[str, ...] = ()


def laid_out(first: Sequence[tuple[int, Cells]], *, header: bool) -> TableLayout:
    """The layout by the first filled rows with their numbers; `header`: whether a row names the columns.

    Raises:
        Fault: "data.csv.header_only", "data.bounds.columns".
    """
    if not header:
        width = max(len(cells) for _number, cells in first)
        check_columns(width)
        return TableLayout(0, numbered_names(width), [], 0)
    place = _header_place([cells for _number, cells in first])
    number, cells = first[place]
    check_columns(len(cells))
    heads = [cell or "" for cell in cells]
    names = header_names(heads)
    if len(first) == place + 1:
        raise Fault("data.csv.header_only", columns=show(", ".join(names)))
    renamed = [name for name, head in zip(names, heads, strict=True) if name != head.strip()]
    return TableLayout(number, names, renamed, place, tuple(heads))


def _header_place(rows: list[Cells]) -> int:
    """Which row is the header: the first with a usual name in it, else the first that is about as wide as the others."""
    first = rows[: _TITLE_ROWS + 1]
    for place, cells in enumerate(first):
        if any(cell and is_known_name(cell) for cell in cells):
            return place
    filled = [sum(cell is not None for cell in cells) for cells in rows]
    widest = max(filled)
    return next((place for place in range(len(first)) if 2 * filled[place] > widest), 0)


def table_row(number: int, cells: Cells, layout: TableLayout, row: int, budget: ReadingBudget) -> Record | Rejected:
    """The record of a row of cells, or why it is none; `number` is its place in the table, `row` its place among the records."""
    size = sum(map(len, filter(None, cells)))
    budget.made(size, row)
    if size > MAX_FIELD and (wrong := _too_long(number, cells, layout.names, row)):
        return wrong
    raw = clip("\t".join(cell or "" for cell in cells), MAX_RAW)
    if is_header_again(cells, layout.heads):
        return Rejected("data.row.header_again", row, number, raw=raw)
    values: dict[str, Any] = dict.fromkeys(layout.names)
    for place, cell in enumerate(cells, 1):
        if place <= len(layout.names):
            values[layout.names[place - 1]] = cell
        elif cell is not None:
            values[f"#{place}"] = cell
    return Record(row, number, values, raw)


def _too_long(number: int, cells: Cells, names: list[str], row: int) -> Rejected | None:
    """Texts that no spreadsheet program would have written: a few long ones may be referred to by every row."""
    for place, cell in enumerate(cells):
        if cell and len(cell) > MAX_FIELD:
            column = names[place] if place < len(names) else f"#{place + 1}"
            params = {"column": column, "limit": MAX_FIELD}
            return Rejected("data.row.field_too_long", row, number, column, params, clip(cell, MAX_RAW))
    if sum(len(cell) for cell in cells if cell) > MAX_ROW:
        return Rejected("data.row.too_long", row, number, params={"limit": MAX_ROW})
    return None
