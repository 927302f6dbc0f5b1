"""Excel: each row of a sheet, its cells as the text that a person sees. Read row by row, never the whole book at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

from engine.core.errors import Fault
from engine.data.readers.shown.cells import cell_text
from engine.data.readers.shown.sheet_facts import Merges, SheetFacts, sheet_facts
from engine.data.readers.tables.layout import Cells, TableLayout, laid_out, table_row
from engine.data.records.bounds import (
    MAX_SHEET_ROWS,
    OverBounds,
    ReadingBudget,
)
from engine.data.records.record import Record, Rejected, clip, show

if TYPE_CHECKING:
    from openpyxl import Workbook

_LOOK_ROWS = 20  # for the header
_WRONG = (BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError)
_T = TypeVar("_T")


@dataclass(frozen=True)
class SheetSurvey:
    """What an Excel file holds and how one of its sheets is read.

    Attributes:
        sheets: names of those that hold anything, hidden ones last.
        hidden: names of the hidden ones among them.
        sheet: the one that the rest is about.
        layout: its header and columns.
        facts: what stands beside its rows.
        without_value: formulas among its first rows without a stored result.
    """

    sheets: list[str]
    hidden: list[str]
    sheet: str
    layout: TableLayout
    facts: SheetFacts
    without_value: int


@contextmanager
def _book(path: Path, budget: ReadingBudget) -> Iterator[Workbook]:
    from openpyxl.utils.exceptions import InvalidFileException

    from engine.data.readers.excel_book import open_book

    try:
        with path.open("rb") as file, closing(open_book(file, budget)) as book:
            yield book
    except (*_WRONG, InvalidFileException) as error:
        raise Fault("data.excel.damaged", detail=show(str(error) or type(error).__name__)) from error


def survey(
    path: Path, wanted: str | None = None, budget: ReadingBudget | None = None, *, header: bool = True
) -> SheetSurvey:
    """What an Excel file holds, and how the wanted sheet (where there is none of that name, the first) is laid out.

    Args:
        header: whether a row names the columns.

    Raises:
        Fault: "data.excel.damaged", "data.excel.too_large", "data.excel.empty", "data.csv.header_only",
            "data.bounds.columns", "data.bounds.sheets", "data.bounds.step".
    """
    with _book(path, budget or ReadingBudget()) as book:
        sheets = _sheets_with_rows(book)
        sheet = wanted if wanted in sheets else sheets[0]
        hidden = [one.title for one in book.worksheets if one.sheet_state != "visible" and one.title in sheets]
        layout, facts = _layout(book, sheet, header)
        return SheetSurvey(sheets, hidden, sheet, layout, facts, _formulas_without_value(book, sheet))


def _sheets_with_rows(book: Workbook) -> list[str]:
    sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
    found = [sheet.title for sheet in sheets if next(_filled(sheet), None)]
    if not found:
        raise Fault("data.excel.empty")
    return found


def _layout(book: Workbook, sheet: str, header: bool) -> tuple[TableLayout, SheetFacts]:
    facts = _facts(book, sheet)
    first = list(_first(_filled(_sheet(book, sheet), facts.merges)))
    if not first:
        raise Fault("data.excel.empty")
    return laid_out(first, header=header), facts


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


def read_excel(path: Path, sheet: str, budget: ReadingBudget, *, header: bool = True) -> Iterator[Record | Rejected]:
    """Each filled row under the header (or from the first one on); `line` is its number in the sheet."""
    row = 0
    try:
        with _book(path, budget) as book:
            layout, facts = _layout(book, sheet, header)
            for number, cells in _filled(_sheet(book, sheet), facts.merges):
                if number > layout.header:
                    row += 1
                    yield table_row(number, cells, layout, row, budget)
    except OverBounds:
        raise
    except Fault as fault:
        yield Rejected("data.excel.rows_lost", row + 1, params={"detail": fault.params.get("detail", fault.code)})


def _sheet(book: Workbook, name: str) -> Any:
    for sheet in book.worksheets:
        if sheet.title == name:
            return sheet
    raise Fault("data.excel.no_sheet", sheet=clip(name, 100))


def _filled(sheet: Any, merges: Merges | None = None) -> Iterator[tuple[int, Cells]]:
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


def _spread(number: int, cells: Cells, merges: Merges, held: dict[int, tuple[int, str | None]]) -> None:
    for column, (last, value) in list(held.items()):
        if number > last:
            del held[column]
            continue
        cells.extend([None] * (column + 1 - len(cells)))
        if cells[column] is None:
            cells[column] = value
    for column, last in merges.get(number, {}).items():
        held[column] = (last, cells[column] if column < len(cells) else None)


def _facts(book: Workbook, sheet: str) -> SheetFacts:
    """What the reader of rows passes over."""
    inside = getattr(_sheet(book, sheet), "_worksheet_path", "")
    archive = getattr(book, "_archive", None)
    if archive is None or inside not in archive.namelist():
        return SheetFacts()
    with archive.open(inside) as stream:
        return sheet_facts(stream)


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
