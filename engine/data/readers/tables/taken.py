"""Tables that were taken out of a file of another program, into one file of lines: a row a line, the tables one after another.

A line is the row's number in its table and its cells, as JSON. Where each table begins and ends stands in the options of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from engine.core.errors import Fault
from engine.data.readers.tables.headers import header_names, names_nothing
from engine.data.readers.tables.layout import TableLayout, laid_out, table_row
from engine.data.records.bounds import MAX_COLUMNS, MAX_TABLES, MB, ReadingBudget, check_disk
from engine.data.records.encodings import is_damaged
from engine.data.records.record import MAX_RAW, Record, Rejected, clip, show

_LOOK_ROWS = 21
_LOOK_AT_DISK = 5_000  # rows
Value = str | int | float | None


class TableWriter:
    """Writes tables to a file, in the process that takes them out.

    Args:
        out: the file, in the folder whose disk must not become full.
        most: bytes that may be written.
        names: each table begins with a row that names its columns, as tables of databases do.
    """

    def __init__(self, out: IO[bytes], most: int, *, names: bool = False) -> None:
        self._out, self._most = out, most
        self._names = names
        self.tables: list[dict[str, Any]] = []  # what is known of each

    def table(self, name: str, rows: Iterable[tuple[int, Sequence[Value]]], facts: Mapping[str, Any]) -> None:
        """Write a table, unless it is empty. `facts` (numbers and names to be said of it) are asked when its rows are written.

        Raises:
            Fault: "data.table.too_much", "data.import.disk_full".
        """
        start, count = self._out.tell(), 0
        for number, cells in rows:
            line = json.dumps([number, list(cells)], ensure_ascii=True).encode("ascii")
            if self._out.tell() + len(line) > self._most:
                raise Fault("data.table.too_much", limit_mb=self._most // MB)
            if count % _LOOK_AT_DISK == 0:
                check_disk(Path(self._out.name).parent)
            self._out.write(line + b"\n")
            count += 1
        if count > self._names:
            place = {"name": clip(name, 200), "start": start, "end": self._out.tell(), "rows": count}
            self.tables.append(place | {key: value for key, value in facts.items() if value})
        else:
            self._out.seek(start)
            self._out.truncate()

    def told(self) -> dict[str, Any]:
        """What the reader is to know; the tables each under a name of its own. Raises Fault("data.table.none")."""
        if not self.tables:
            raise Fault("data.table.none")
        names = header_names([one["name"] for one in self.tables])
        tables = [one | {"name": name} for one, name in zip(self.tables, names, strict=True)]
        return {"tables": tables[:MAX_TABLES], "more": max(0, len(tables) - MAX_TABLES), "named": self._names}


def chosen_table(options: Mapping[str, Any]) -> dict[str, Any]:
    """The table that is read: the chosen one, else the first."""
    tables: list[dict[str, Any]] = options["tables"]
    return next((one for one in tables if one["name"] == options.get("sheet")), tables[0])


def _rows(path: Path, table: Mapping[str, Any], budget: ReadingBudget) -> Iterator[tuple[int, list[Any]]]:
    with path.open("rb") as file:
        file.seek(table["start"])
        while file.tell() < table["end"]:
            budget.heed()
            number, cells = json.loads(file.readline())
            yield number, cells


def table_layout(path: Path, options: Mapping[str, Any], budget: ReadingBudget) -> TableLayout:
    """How the chosen table is laid out. Raises Fault as `laid_out`."""
    first = list(islice(_rows(path, chosen_table(options), budget), _LOOK_ROWS))
    if options.get("named"):
        heads = [str(cell) for cell in first[0][1]]
        names = header_names(heads)
        return TableLayout(-1, names, [name for name, head in zip(names, heads, strict=True) if name != head], 0)
    return laid_out(first, header=not names_nothing(options))


def read_taken(path: Path, options: Mapping[str, Any], budget: ReadingBudget) -> Iterator[Record | Rejected]:
    """Each row of the chosen table; `line` is its number there."""
    table = chosen_table(options)
    layout = table_layout(path, options, budget)
    row = 0
    for place, (number, cells) in enumerate(_rows(path, table, budget)):
        if (place == 0 and layout.header < 0) or number <= layout.header:
            continue
        row += 1
        yield _record(number, cells, layout, row, budget)
    if "lost" in table:
        yield Rejected("data.table.rows_lost", row + 1, params={"detail": table["lost"]})


def _record(number: int, cells: list[Any], layout: TableLayout, row: int, budget: ReadingBudget) -> Record | Rejected:
    if any(isinstance(cell, str) and not cell.isascii() and is_damaged(cell) for cell in cells):
        return Rejected("data.row.bad_bytes", row, number, raw=show(cells, MAX_RAW))
    if layout.header >= 0:
        return table_row(number, cells, layout, row, budget)
    texts = [cell for cell in cells if isinstance(cell, str)]
    checked = table_row(number, [cell if isinstance(cell, str) else None for cell in cells], layout, row, budget)
    if isinstance(checked, Rejected) or len(texts) == len(cells):
        return checked
    values = dict(zip(layout.names, cells, strict=False))
    return Record(row, number, values, show(values, MAX_RAW))


def within_columns(cells: Sequence[Any]) -> Sequence[Any]:
    """The cells of a row. Raises Fault("data.bounds.columns")."""
    if len(cells) > MAX_COLUMNS:
        raise Fault("data.bounds.columns", found=len(cells), limit=MAX_COLUMNS)
    return cells
