"""Opening an Excel file without reading its sheets: what openpyxl would read at once is kept small or left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import iterparse

from openpyxl import Workbook
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from engine.core.errors import Fault
from engine.data.records.bounds import (
    MAX_PART_MB,
    MAX_SHEETS,
    MAX_STEP,
    MAX_TEXTS_MB,
    MB,
    OverBounds,
    ReadingBudget,
    Watched,
)

_SHEETS = "xl/worksheets/"
_TEXTS = "sharedstrings.xml"
_TEXT = f"{{{SHEET_MAIN_NS}}}si"


class _Sheet(ReadOnlyWorksheet):
    """A sheet whose size nobody asks for: where the file does not state it, finding it means reading all rows."""

    budget: ReadingBudget

    def _get_size(self) -> None:
        pass

    def _get_source(self) -> Watched[bytes]:
        self.watched = Watched(super()._get_source(), self.budget, step=MAX_STEP)
        return self.watched

    def each_row(self) -> Iterator[tuple[Any, ...]]:
        """Every row, those that are missing too, and none of them endless."""
        for row in self.iter_rows():
            self.watched.forget()
            yield row


class _Reader(ExcelReader):
    budget: ReadingBudget

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as raw:
            source = Watched(raw, self.budget, step=MAX_STEP)
            parsed = iterparse(source, events=("start", "end"))  # noqa: S314  as above
            _event, root = next(parsed)
            for event, node in parsed:
                if event == "end" and node.tag == _TEXT:
                    self.shared_strings.append(Text.from_tree(node).content.replace("x005F_", ""))
                    root.clear()
                    source.forget()

    def read_worksheets(self) -> None:
        sheets = list(self.parser.find_sheets())
        if len(sheets) > MAX_SHEETS:
            raise OverBounds("data.bounds.sheets", found=len(sheets), limit=MAX_SHEETS)
        for sheet, rel in sheets:
            if rel.target not in self.valid_files:
                continue
            if "chartsheet" in rel.Type:
                self.read_chartsheet(sheet, rel)
                continue
            found = _Sheet(self.wb, sheet.name, rel.target, self.shared_strings)
            found.sheet_state = sheet.state
            found.budget = self.budget
            self.wb._sheets.append(found)


def open_book(file: IO[bytes], budget: ReadingBudget) -> Workbook:
    """The book with the results of its formulas, its rows still to be read. It is the caller's to close.

    Raises:
        Fault: "data.excel.too_large", "data.bounds.sheets", "data.bounds.step"; whatever openpyxl raises on damaged files.
    """
    reader = _Reader(file, read_only=True, data_only=True, keep_links=False)
    reader.budget = budget
    try:
        _check_parts(reader)
        reader.read()
    except BaseException:
        reader.archive.close()
        raise
    return reader.wb


def _check_parts(reader: ExcelReader) -> None:
    for part in reader.archive.infolist():
        if _SHEETS in part.filename or not part.filename.endswith((".xml", ".rels")):
            continue
        limit = MAX_TEXTS_MB if part.filename.lower().endswith(_TEXTS) else MAX_PART_MB
        if part.file_size > limit * MB:
            raise Fault("data.excel.too_large", mb=part.file_size // MB, limit=limit)
