"""Excel: each row of a sheet, its cells as the text that a person sees. Read row by row, never the whole book at once."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

from engine.core.errors import Fault
from engine.data.readers.csv_reader import header_names
from engine.data.readers.excel_cells import cell_text
from engine.data.records.bounds import (
    MAX_FIELD,
    MAX_MERGES,
    MAX_ROW,
    MAX_SHEET_ROWS,
    OverBounds,
    ReadingBudget,
    check_columns,
)
from engine.data.records.record import MAX_RAW, Record, Rejected, clip, show
from engine.data.schema.declared import is_known_name

if TYPE_CHECKING:
    from openpyxl import Workbook

_LOOK_ROWS = 20  # for the header
_TITLE_ROWS = 5  # at most so many stand above it
_WRONG = (BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError)
_MERGE = re.compile(rb'mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 2**20
Cells = list[str | None]
_T = TypeVar("_T")
_Merges = dict[int, dict[int, int]]  # first row -> {column from 0: last row}


@dataclass(frozen=True)
class SheetLayout:
    """How a sheet is laid out: the row of its header, what it calls the columns, where cells were merged downwards."""

    header: int  # number of its row in the sheet, from 1
    names: list[str]  # of the columns, each once
    renamed: list[str]  # names whose header was empty or repeated
    above: int  # filled rows above the header
    merged: int  # rows in which an area begins that was merged downwards


@dataclass(frozen=True)
class SheetSurvey:
    """The sheets that hold anything, hidden ones last; the layout of one; formulas among its first rows without a stored result."""

    sheets: list[str]  # names
    sheet: str  # the one that `layout` is of
    layout: SheetLayout  # its header and columns
    without_value: int  # cells


@contextmanager
def _book(path: Path, budget: ReadingBudget) -> Iterator[Workbook]:
    from openpyxl.utils.exceptions import InvalidFileException

    from engine.data.readers.excel_book import open_book

    try:
        with path.open("rb") as file, closing(open_book(file, budget)) as book:
            yield book
    except (*_WRONG, InvalidFileException) as error:
        raise Fault("data.excel.damaged", detail=show(str(error) or type(error).__name__)) from error


def survey(path: Path, wanted: str | None = None, budget: ReadingBudget | None = None) -> SheetSurvey:
    """What an Excel file holds, and how the wanted sheet (where there is none of that name, the first) is laid out.

    Raises:
        Fault: "data.excel.damaged", "data.excel.too_large", "data.excel.empty", "data.csv.header_only",
            "data.bounds.columns", "data.bounds.sheets", "data.bounds.step".
    """
    with _book(path, budget or ReadingBudget()) as book:
        sheets = _sheets_with_rows(book)
        sheet = wanted if wanted in sheets else sheets[0]
        return SheetSurvey(sheets, sheet, _layout(book, sheet)[0], _formulas_without_value(book, sheet))


def _sheets_with_rows(book: Workbook) -> list[str]:
    sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
    found = [sheet.title for sheet in sheets if next(_filled(sheet), None)]
    if not found:
        raise Fault("data.excel.empty")
    return found


def _layout(book: Workbook, sheet: str) -> tuple[SheetLayout, _Merges]:
    merges = _merges(book, sheet)
    first = list(_first(_filled(_sheet(book, sheet), merges)))
    if not first:
        raise Fault("data.excel.empty")
    place = _header_place([cells for _number, cells in first])
    number, cells = first[place]
    check_columns(len(cells))
    heads = [cell or "" for cell in cells]
    names = header_names(heads)
    if len(first) == place + 1:
        raise Fault("data.csv.header_only", columns=show(", ".join(names)))
    renamed = [name for name, head in zip(names, heads, strict=True) if name != head.strip()]
    return SheetLayout(number, names, renamed, place, len(merges)), merges


def _first(rows: Iterator[_T]) -> Iterator[_T]:
    """The rows that the header is found by; fewer where the sheet is damaged behind them."""
    some = False
    try:
        for row in islice(rows, _LOOK_ROWS + 1):
            yield row
            some = True
    except _WRONG:
        if not some:
            raise


def read_excel(path: Path, sheet: str, budget: ReadingBudget) -> Iterator[Record | Rejected]:
    """Each filled row under the header; `line` is its number in the sheet."""
    row = 0
    try:
        with _book(path, budget) as book:
            layout, merges = _layout(book, sheet)
            for number, cells in _filled(_sheet(book, sheet), merges):
                if number > layout.header:
                    row += 1
                    size = sum(map(len, filter(None, cells)))
                    budget.made(size, row)
                    wrong = _too_long(number, cells, layout.names, row) if size > MAX_FIELD else None
                    yield wrong or _record(number, cells, layout.names, row)
    except OverBounds:
        raise
    except Fault as fault:
        yield Rejected("data.excel.rows_lost", row + 1, params={"detail": fault.params.get("detail", fault.code)})


def _record(number: int, cells: Cells, names: list[str], row: int) -> Record:
    values: dict[str, Any] = dict.fromkeys(names)
    for place, cell in enumerate(cells, 1):
        if place <= len(names):
            values[names[place - 1]] = cell
        elif cell is not None:
            values[f"#{place}"] = cell
    return Record(row, number, values, clip("\t".join(cell or "" for cell in cells), MAX_RAW))


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


def _sheet(book: Workbook, name: str) -> Any:
    for sheet in book.worksheets:
        if sheet.title == name:
            return sheet
    raise Fault("data.excel.no_sheet", sheet=clip(name, 100))


def _filled(sheet: Any, merges: _Merges | None = None) -> Iterator[tuple[int, Cells]]:
    """(number in the sheet, cells) of each row that holds anything; a value merged downwards counts for each row."""
    sheet.reset_dimensions()  # what the file says of its size need not be true
    held: dict[int, tuple[int, str | None]] = {}  # column -> (last row, value)
    for number, row in enumerate(sheet.each_row(), 1):
        if number > MAX_SHEET_ROWS:
            raise ValueError("row numbers beyond any sheet's")
        cells: Cells = [cell_text(cell) for cell in row]
        if merges is not None:
            _spread(number, cells, merges, held)
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _spread(number: int, cells: Cells, merges: _Merges, held: dict[int, tuple[int, str | None]]) -> None:
    for column, (last, value) in list(held.items()):
        if number > last:
            del held[column]
            continue
        cells.extend([None] * (column + 1 - len(cells)))
        if cells[column] is None:
            cells[column] = value
    for column, last in merges.get(number, {}).items():
        held[column] = (last, cells[column] if column < len(cells) else None)


def _merges(book: Workbook, sheet: str) -> _Merges:
    """Areas merged downwards. They stand at the end of the sheet's XML, which the reader of rows passes over."""
    found: _Merges = {}
    inside = getattr(_sheet(book, sheet), "_worksheet_path", "")
    archive = getattr(book, "_archive", None)
    if archive is None or inside not in archive.namelist():
        return found
    with archive.open(inside) as stream:
        tail = b""
        while (data := stream.read(_CHUNK)) and len(found) < MAX_MERGES:
            text = tail + data
            for left, top, _right, bottom in _MERGE.findall(text):
                if int(bottom) > int(top):
                    found.setdefault(int(top), {})[_column(left)] = int(bottom)
            tail = text[-64:]
    return found


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + letter - 64
    return place - 1


def _header_place(rows: list[Cells]) -> int:
    """Which row is the header: the first with a usual name in it, else the first that is about as wide as the others."""
    first = rows[: _TITLE_ROWS + 1]
    for place, cells in enumerate(first):
        if any(cell and is_known_name(cell) for cell in cells):
            return place
    filled = [sum(cell is not None for cell in cells) for cells in rows]
    widest = max(filled)
    return next((place for place in range(len(first)) if 2 * filled[place] > widest), 0)


def _formulas_without_value(book: Workbook, sheet: str) -> int:
    """Formulas among the first rows whose result is not in the file: no spreadsheet program has ever computed them."""
    rows = _sheet(book, sheet)
    shown = list(_first(rows.each_row()))
    book._data_only = False
    written = list(_first(rows.each_row()))
    book._data_only = True
    return sum(
        cell.data_type == "f" and other.value is None
        for row, others in zip(written, shown, strict=False)
        for cell, other in zip(row, others, strict=False)
    )
