"""Opening an Excel file without reading its sheets: what openpyxl would read at once is kept small or left out."""

from __future__ import annotations

from typing import IO

from openpyxl import Workbook
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from engine.core.errors import Fault

MAX_PART_MB = 256  # of any part that is held in memory: the texts of all cells, styles ...
_SHEETS = "xl/worksheets/"


class _Sheet(ReadOnlyWorksheet):
    """A sheet whose size nobody asks for: where the file does not state it, finding it means reading all rows."""

    def _get_size(self) -> None:
        pass


class _Reader(ExcelReader):
    def read_worksheets(self) -> None:
        for sheet, rel in self.parser.find_sheets():
            if rel.target not in self.valid_files:
                continue
            if "chartsheet" in rel.Type:
                self.read_chartsheet(sheet, rel)
                continue
            found = _Sheet(self.wb, sheet.name, rel.target, self.shared_strings)
            found.sheet_state = sheet.state
            self.wb._sheets.append(found)


def open_book(file: IO[bytes]) -> Workbook:
    """The book with the results of its formulas, its rows still to be read. It is the caller's to close.

    Raises:
        Fault: "data.excel.too_large"; whatever openpyxl raises on damaged files.
    """
    reader = _Reader(file, read_only=True, data_only=True, keep_links=False)
    try:
        _check_parts(reader)
        reader.read()
    except BaseException:
        reader.archive.close()
        raise
    return reader.wb


def _check_parts(reader: ExcelReader) -> None:
    for part in reader.archive.infolist():
        if part.file_size > MAX_PART_MB * 2**20 and part.filename.endswith(".xml") and _SHEETS not in part.filename:
            raise Fault("data.excel.too_large", mb=part.file_size // 2**20, limit=MAX_PART_MB)
