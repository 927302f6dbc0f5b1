"""Timestamps as people write them in columns. Nothing is guessed: a date that can be read as two days is not read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

Order = Literal["", "day", "month"]
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_YEAR_FIRST = re.compile(
    r"(\d{4})\s*[-/.\u5e74]\s*(\d{1,2})(?:\s*[-/.\u6708]\s*(\d{1,2})\s*\u65e5?|\s*\u6708?)(?:[T\s]*(.+))?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T\s]+(.+))?")
_CLOCK = re.compile(
    r"(\d{1,2})\s*[:\uff1a\u65f6]\s*(\d{1,2})(?:\s*[:\uff1a\u5206]\s*(\d{1,2})(?:\.\d+)?\s*\u79d2?)?\s*\u5206?"
)
_NAMED = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y")


def number_in(text: str) -> float | None:
    """A plain number; None for anything else."""
    return float(text) if _NUMBER.fullmatch(text) else None


def date_in(text: str, order: Order = "") -> float | None:
    """Seconds since 1970 (UTC where no zone is named); None where it is no date.

    Args:
        order: what comes first in 03/04/2024; "" reads such a date only where one of both numbers is above 12 or the
            marks are dots (31.01.2024 is day first wherever it is written).
    """
    for read in (_iso, _year_first, lambda t: _year_last(t, order), _compact, _named, _mail):
        timestamp = read(text)
        if timestamp is not None:
            return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).timestamp()
    return None


def order_in(text: str) -> Order | None:
    """What a date like 31/01/2024 says about its order; "" where it could be either; None where it is no such date."""
    found = _YEAR_LAST.fullmatch(text)
    if found is None or found[2] == ".":
        return None
    first, second = int(found[1]), int(found[3])
    return "day" if first > 12 else "month" if second > 12 else ""


def _try(make: Callable[[], datetime]) -> datetime | None:
    try:
        return make()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _iso(text: str) -> datetime | None:
    return _try(lambda: datetime.fromisoformat(text)) if len(text) >= 10 and "-" in text[:5] else None


def _year_first(text: str) -> datetime | None:
    found = _YEAR_FIRST.fullmatch(text)
    return _with_clock(found[1], found[2], found[3] or 1, found[4]) if found else None


def _year_last(text: str, order: Order) -> datetime | None:
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return None
    first, second = found[1], found[3]
    order = "day" if found[2] == "." else order_in(text) or order
    if not order:
        return None
    day, month = (first, second) if order == "day" else (second, first)
    return _with_clock(found[4], month, day, found[5])


def _with_clock(year: str, month: str, day: str | int, clock: str | None) -> datetime | None:
    hour = minute = second = 0
    if clock:
        found = _CLOCK.fullmatch(clock.strip())
        if found is None:
            return None
        hour, minute, second = (int(part or 0) for part in found.groups())
    return _try(lambda: datetime(int(year), int(month), int(day), hour, minute, second))


def _compact(text: str) -> datetime | None:
    """20240131, 20240131093000, a year, or seconds or milliseconds since 1970."""
    if not text.isdecimal() or not text.isascii():
        return None
    if len(text) in (8, 14):
        return _try(lambda: datetime.strptime(text, "%Y%m%d" if len(text) == 8 else "%Y%m%d%H%M%S"))
    if len(text) == 4 and 1900 <= int(text) <= 2100:
        return datetime(int(text), 1, 1)
    if len(text) in (10, 13):
        return _try(lambda: datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC))
    return None


def _named(text: str) -> datetime | None:
    plain = " ".join(text.replace(",", " ").split())
    return next((timestamp for form in _NAMED if (timestamp := _try(lambda f=form: datetime.strptime(plain, f)))), None)  # type: ignore[misc]


def _mail(text: str) -> datetime | None:
    return _try(lambda: parsedate_to_datetime(text)) if ":" in text else None


class TimestampColumn:
    """Reads a column of timestamps in two passes: the first tells how it is written, the second gives its numbers."""

    def __init__(self, order: Order = "") -> None:
        self._order, self._orders = order, set[str]()
        self._numeric = True
        self.unclear: str | None = None  # a date of which nobody can say which number is the month

    def look(self, value: Any) -> None:
        """Take note of one value of the column."""
        text = str(value).strip()
        self._numeric = self._numeric and number_in(text) is not None
        order = order_in(text)
        if order is not None:
            self._orders.add(order)
        if order == "" and self.unclear is None:
            self.unclear = text

    def settle(self) -> None:
        """Between the passes: dates that name their order settle it for the others, unless they contradict each other."""
        said = self._orders - {""}
        if not self._order and len(said) == 1:
            self._order = "day" if "day" in said else "month"
        if self._order:
            self.unclear = None

    def read(self, value: Any) -> float:
        """The timestamp as a number to sort by; not a number where it cannot be read."""
        text = "" if value is None else str(value).strip()
        found = number_in(text) if self._numeric else date_in(text, self._order)
        return math.nan if found is None else found
