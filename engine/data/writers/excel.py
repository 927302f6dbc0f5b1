"""Tables into an Excel book: every cell is a text, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.core.cells import disarmed

LONGEST_CELL = 32_767  # characters, by Excel's own limit
_WIDTH = 60  # of a column, in characters
_CUT = "…"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a book."""

    title: str  # on its tab
    head: Sequence[str]  # names of the columns
    rows: Iterable[Sequence[str]]  # as wide as the head


def write_xlsx(path: Path, sheets: Sequence[Sheet]) -> None:
    """A book with these sheets. No cell is a formula; what is longer than a cell may be ends in "…"."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "A2"
        for place in range(1, len(sheet.head) + 1):
            page.column_dimensions[get_column_letter(place)].width = _WIDTH

        def cell(text: str, *, bold: bool, page: object = page) -> WriteOnlyCell:
            plain = ILLEGAL_CHARACTERS_RE.sub("", text)
            short = plain if len(plain) <= LONGEST_CELL else plain[: LONGEST_CELL - 1] + _CUT
            made = WriteOnlyCell(page, short or None)
            if short:
                made.data_type = "s"  # a text that begins with "=" would be a formula
                made.quotePrefix = disarmed(short) != short  # nor does it become one when somebody edits the cell
            made.font, made.alignment = Font(bold=bold), Alignment(wrap_text=True, vertical="top")
            return made

        page.append([cell(name, bold=True) for name in sheet.head])
        for row in sheet.rows:
            page.append([cell(text, bold=False) for text in row])
    book.save(path)
