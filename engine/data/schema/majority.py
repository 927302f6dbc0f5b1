"""How many values decide what a column is: one odd value among them never does.

What a column holds is what more than half of its filled values hold. Where a wrong guess would make other rows be learnt as what they are
not (a thumb, a class), three of four have to agree, or all but one; the odd ones are rejected by row when the file is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_NO_VALUE = frozenset(
    ("", "n/a", "na", "none", "null", "nan", "nil", "-", "--", "–", "—", "?", "unknown", "unrated", "skip", "skipped", "#n/a", "未知", "无", "未评")
)  # fmt: skip


def most(fitting: int, count: int) -> bool:
    """Whether more than half fit."""
    return fitting * 2 > count


def nearly_all(fitting: int, count: int) -> bool:
    """Whether three of four fit, or all but one of at least three."""
    odd = count - fitting
    return fitting > 0 and (fitting >= 3 * odd or (odd == 1 and fitting >= 2))


def filled(values: Iterable[Any]) -> list[Any]:
    """The values that are there: neither missing nor a text without a character."""
    return [value for value in values if value is not None and not (isinstance(value, str) and not value.strip())]


def says_nothing(value: Any) -> bool:
    """Whether a value is a word for "no value": n/a, none, -, unknown."""
    return isinstance(value, str) and value.strip().casefold() in _NO_VALUE
