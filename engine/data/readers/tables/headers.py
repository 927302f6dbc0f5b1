"""Names of a table's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.data.records.record import MAX_NAME, clip
from engine.data.schema.declared import is_known_name

_LONGEST = 60  # characters of a name
_ENDS = tuple(".!?。！？")

FIRST_ROW, NO_HEADER = "first", "none"  # what names the columns of a table


def header_names(cells: list[str]) -> list[str]:
    """Column names, made distinct: an empty one gets its place, a repeated one its count."""
    names: dict[str, int] = {}  # with how often each was seen
    for place, cell in enumerate(cells, 1):
        name = base = clip(cell.strip(), MAX_NAME) or f"#{place}"
        while name in names:
            names[base] += 1
            name = f"{base} ({names[base]})"
        names[name] = 1
    return list(names)


def numbered_names(width: int) -> list[str]:
    """Names of columns that nothing names."""
    return [f"#{place}" for place in range(1, width + 1)]


def names_nothing(options: Mapping[str, Any]) -> bool:
    """Whether the first row is data and the columns have no names."""
    return options.get("header") == NO_HEADER


def is_header_again(cells: Sequence[str | None], heads: Sequence[str]) -> bool:
    """Whether a row says the names of the columns once more, as tables do that were put together or printed."""
    if len(heads) < 2 or len(cells) != len(heads) or _plain(cells[0]) != _plain(heads[0]):
        return False
    return all(_plain(cell) == _plain(head) for cell, head in zip(cells, heads, strict=True))


def _plain(cell: str | None) -> str:
    return (cell or "").strip().casefold()


def doubtful_head(heads: Sequence[str]) -> str:
    """A name of a column that reads like a question or an answer; "" where none does, or one is a usual name."""
    if any(is_known_name(head) for head in heads):
        return ""
    return next(
        (head for head in map(str.strip, heads) if len(head) > _LONGEST or (head[-1:] in _ENDS and " " in head)), ""
    )
