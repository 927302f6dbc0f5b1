"""Which values are kept beside a row: single ones and short texts of columns that are not trained on."""

from __future__ import annotations

from typing import Any

from engine.data.schema.contents import Rows, values_of
from engine.data.schema.majority import most

MAX_EXTRA = 2_000  # characters of a text that is kept as an extra field


def can_be_kept(column: str, rows: Rows) -> bool:
    """Whether most values of a column are single and short enough to be extra fields."""
    values = values_of(column, rows)
    return not values or most(sum(is_extra(value) for value in values), len(values))


def is_extra(value: Any) -> bool:
    """Whether one value may be an extra field of a row."""
    return len(value) <= MAX_EXTRA if isinstance(value, str) else isinstance(value, (bool, int, float, type(None)))
