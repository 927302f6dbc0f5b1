"""The text that a person sees in a cell of a spreadsheet."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_ZEROS = re.compile(r"0{2,}")
_PERCENT = re.compile(r"0(?:\.(0+))?%")
_DIGITS = 15  # that a spreadsheet shows of a number; further ones are rounding


def cell_text(cell: Any) -> str | None:
    """The text of a cell as openpyxl reads it; None where it is empty. Dates are ISO, whole numbers have no point."""
    value = cell.value
    if value is None or isinstance(value, str):
        return _unescaped(value) if value else None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, str(cell.number_format))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as `_x000D_`."""
    if "_x" not in text:
        return text
    from openpyxl.utils.escape import unescape

    return str(unescape(text))


def _number(value: float, shown_as: str) -> str:
    if found := _PERCENT.fullmatch(shown_as):
        return f"{100 * value:.{len(found.group(1) or '')}f}%"
    if isinstance(value, int) or value.is_integer():
        whole = str(int(value))
        return whole.zfill(len(shown_as)) if _ZEROS.fullmatch(shown_as) and value >= 0 else whole
    return format(Decimal(f"{value:.{_DIGITS}g}"), "f")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
