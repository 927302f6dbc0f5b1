"""The text that a person sees in a cell of a spreadsheet."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from engine.data.readers.shown.codes import Section, sections
from engine.data.readers.shown.dates import iso, shown_date
from engine.data.readers.shown.numbers import shown_number

_DATES = (datetime, date, time, timedelta)
_DAY_ALONE = re.compile(
    r'(?:\[[^\]]*\])*\s*(?:"[^"]*")?a{3,4}\s*(?:;.*)?', re.I
)  # the day of the week, in Chinese or Japanese


def cell_text(cell: Any) -> str | None:
    """The text of a cell as openpyxl reads it, under its number format; None where it is empty or shows an error."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, str):
        if cell.data_type == "e" or not value:
            return None
        text = _unescaped(value)
        return shown_text(text, str(cell.number_format)) if cell._style_id else text
    code = str(cell.number_format)
    return shown_value(_moment(cell, value) if _DAY_ALONE.fullmatch(code) else value, code)


def _moment(cell: Any, value: Any) -> Any:
    """The date of a number whose format openpyxl does not take for one."""
    from openpyxl.utils.datetime import from_excel

    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    try:
        return from_excel(value, epoch=cell.parent.parent.epoch)
    except (ValueError, OverflowError):
        return value


def shown_value(value: Any, code: str) -> str | None:
    """A number, a date or a truth value under a format code; None where it shows nothing."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return (shown_number(value, code) or None) if math.isfinite(value) else None
    if isinstance(value, _DATES):
        try:
            return shown_date(value, code)
        except (ValueError, OverflowError):
            return iso(value)
    return str(value)


def shown_text(text: str, code: str) -> str:
    """A text under a format code: `@" kg"` adds to it."""
    section = _text_section(code)
    if section is None:
        return text
    return "".join(text if token.kind == "@" else token.text for token in section.tokens)


@lru_cache(maxsize=2_048)
def _text_section(code: str) -> Section | None:
    """The section that adds to a text; None where the text stands as it is."""
    last = sections(code)[-1]
    return last if last.has("@") and len([token for token in last.tokens if token.text.strip()]) > 1 else None


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as `_x000D_`."""
    if "_x" not in text:
        return text
    from openpyxl.utils.escape import unescape

    return str(unescape(text))
