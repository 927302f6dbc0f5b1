"""How quotes stand in the texts of a table: doubled (`""`, also with a space before the text), behind a backslash (`\\"`), or as letters."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from engine.data.records.lines import Line

DOUBLED, BACKSLASH, PLAIN, SPACED = "doubled", "backslash", "plain", "spaced"
QUOTING = (DOUBLED, BACKSLASH, PLAIN, SPACED)
_ESCAPED = re.compile(r'\\([\\"])')
_QUOTE, _SLASH = "\ufdd0", "\ufdd1"  # no characters: no text holds them
_HELD = {'"': _QUOTE, "\\": _SLASH}
_BACK = str.maketrans({_QUOTE: '"', _SLASH: "\\"})


def csv_options(delimiter: str, quoting: str) -> dict[str, Any]:
    """What `csv.reader` takes."""
    plain: dict[str, Any] = {"quoting": csv.QUOTE_NONE, "quotechar": None} if quoting == PLAIN else {}
    return {"delimiter": delimiter, "strict": True, "skipinitialspace": quoting == SPACED, **plain}


def held_back(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines whose quotes and backslashes behind a backslash mean nothing to a reader of CSV."""
    for line in lines:
        yield replace(line, text=held(line.text)) if "\\" in line.text else line


def held(text: str) -> str:
    """The same for one text."""
    return _ESCAPED.sub(lambda found: _HELD[found[1]], text)


def cells_of(raw: str, delimiter: str, quoting: str) -> list[str]:
    """The cells of one row, however odd it is; none where there is nothing."""
    text = held(raw) if quoting == BACKSLASH else raw
    options = csv_options(delimiter, quoting) | {"strict": False}
    return given_back(next(csv.reader(text.splitlines(keepends=True), **options), []))


def given_back(cells: list[str]) -> list[str]:
    """Cells with the quotes and backslashes that were held back."""
    return [cell.translate(_BACK) if _QUOTE in cell or _SLASH in cell else cell for cell in cells]
