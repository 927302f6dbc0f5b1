"""Cells of tables that people open in spreadsheets: a text that would run as a formula gets an apostrophe, which can be taken off again.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

_STARTS = "=+\\-@\\t\\r\\n＝＋－＠"
_RISKY = re.compile(f"(?<!')'*+[{_STARTS}]")
_DISARMED = re.compile(f"(?<!')'++[{_STARTS}]")
END_MARK = "\r\n\r\n"  # two empty lines behind the last one: by them we know that the apostrophes are ours


def disarmed(text: str) -> str:
    """The text as no spreadsheet takes it for a formula; one with apostrophes before a formula gets one more."""
    return f"'{text}" if _RISKY.match(text) else text


def as_it_was(cell: str) -> str:
    """The text that `disarmed` made a cell of."""
    return cell[1:] if _DISARMED.match(cell) else cell


def disarmed_line(line: str, delimiter: str) -> str:
    """A row of a file as it stands there, with its cells disarmed; also one that is malformed."""
    try:
        [cells] = csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        starts = _STARTS.replace("\\t", "") if delimiter == "\t" else _STARTS
        return re.sub(f"(^|[\r\n]|{re.escape(delimiter)})(\"?)(?='*[{starts}])", r"\1\2'", line)
    return line if [disarmed(cell) for cell in cells] == cells else row_text(map(disarmed, cells), delimiter)


def row_text(cells: Iterable[str], delimiter: str) -> str:
    """Cells as a row of a file, without its line end."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(list(cells))
    return out.getvalue().removesuffix("\r\n")


def has_end_mark(path: Path) -> bool:
    """Whether a CSV file ends as one whose formulas we disarmed."""
    mark = f"\r\n{END_MARK}".encode()
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - len(mark)))
        return file.read() == mark
