"""Books of Excel before 2007 (.xls): each cell as its number format shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.readers.shown.cells import shown_text, shown_value
from engine.data.readers.tables.spread import Spread, trimmed
from engine.data.readers.tables.taken import TableWriter
from engine.data.records.bounds import MAX_MERGES

_BY_MACHINE = {14: "mm-dd-yy", 22: "m/d/yy h:mm"}  # keys of formats that each land shows in its own order
_TEXT, _NUMBER, _DATE, _TRUTH, _ERROR = 1, 2, 3, 4, 5  # kinds of cells, as the library numbers them


def take_old_excel(path: Path, writer: TableWriter) -> None:
    """Write every sheet that holds anything, hidden ones last.

    Raises:
        Fault: "data.office.encrypted"; what the library raises on damaged files.
    """
    import xlrd

    with Path(os.devnull).open("w") as nowhere:
        try:
            book = xlrd.open_workbook(str(path), logfile=nowhere, formatting_info=True, on_demand=True)
        except xlrd.XLRDError as error:
            if "encrypt" in str(error).lower():
                raise Fault("data.office.encrypted") from error
            raise
        names = book.sheet_names()
        order = sorted(range(len(names)), key=lambda at: book._sheet_visibility[at] != 0)
        for at in order:
            sheet = book.sheet_by_index(at)
            facts: dict[str, Any] = {"hidden": sheet.visibility != 0}
            writer.table(names[at], _rows(book, sheet, facts), facts)
            book.unload_sheet(at)


def _rows(book: Any, sheet: Any, facts: dict[str, Any]) -> Iterator[tuple[int, list[str | None]]]:
    merged = [area for area in sheet.merged_cells[:MAX_MERGES] if area[1] - area[0] > 1]
    facts["merged"] = len(merged)
    begin: dict[int, list[tuple[int, int]]] = {}
    for top, bottom, left, _right in merged:
        begin.setdefault(top, []).append((left, bottom - top))
    spread = Spread()
    for number in range(sheet.nrows):
        cells = [_text(book, sheet, number, column, facts) for column in range(sheet.row_len(number))]
        cells = spread.filled(cells)
        for column, rows in begin.get(number, ()):
            spread.hold(column, rows, cells[column] if column < len(cells) else None)
        if trimmed(cells):
            info = sheet.rowinfo_map.get(number)
            facts["hidden_rows"] = facts.get("hidden_rows", 0) + bool(info and info.hidden)
            yield number + 1, cells


def _text(book: Any, sheet: Any, row: int, column: int, facts: dict[str, Any]) -> str | None:
    cell = sheet.cell(row, column)
    if cell.ctype == _ERROR:
        facts["errors"] = facts.get("errors", 0) + 1
        return None
    code = _code(book, cell)
    if cell.ctype == _TEXT:
        return shown_text(cell.value, code) or None
    if cell.ctype == _TRUTH:
        return shown_value(bool(cell.value), code)
    if cell.ctype == _DATE:
        return shown_value(_moment(book, cell.value, code), code)
    return shown_value(cell.value, code) if cell.ctype == _NUMBER else None


def _code(book: Any, cell: Any) -> str:
    key = book.xf_list[cell.xf_index].format_key if cell.xf_index is not None else 0
    found = book.format_map.get(key)
    return _BY_MACHINE.get(key, found.format_str if found else "General")


def _moment(book: Any, value: float, code: str) -> Any:
    """A date, a time of a day or a duration; the number itself where it is beyond any date."""
    from xlrd.xldate import XLDateError, xldate_as_datetime

    if "[h" in code.lower() or "[m" in code.lower() or "[s" in code.lower():
        return timedelta(days=value)
    try:
        moment = xldate_as_datetime(value, book.datemode)
    except (XLDateError, ValueError, OverflowError):
        return value
    return moment.time() if 0 <= value < 1 else moment
