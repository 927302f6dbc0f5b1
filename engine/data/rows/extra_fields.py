"""Texts of a row besides what is said: arguments of function calls, other columns, and references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.data.rows.row import Row, message_lists

Slot = tuple[Any, Any, str]  # what holds the value, under which key, and the name of the argument or column


def extra_fields_of(row: Row) -> list[tuple[str, str]]:
    """Every such text, and whole number as text, with the name of its argument or column, in a fixed order."""
    return [(name, str(holder[key])) for holder, key, name in _slots(row)]


def change_extra_fields(row: Row, change: Callable[[int, str], str]) -> None:
    """Put `change(place in beside_of(row), text)` in place of every such text."""
    for place, (holder, key, _name) in enumerate(list(_slots(row))):
        before = str(holder[key])
        if (after := change(place, before)) != before:
            holder[key] = after


def _slots(row: Row) -> Iterator[Slot]:
    for messages in message_lists(row):
        for message in messages:
            for call in message.get("tool_calls") or ():
                yield from _leaves(call["function"], "arguments", str(call["function"]["name"]))
    for columns in (row.get("extra") or {}, row.get("reference") or {}):
        for column in columns:
            yield from _leaves(columns, column, column)


def _leaves(holder: Any, key: Any, name: str) -> Iterator[Slot]:
    value = holder[key]
    if isinstance(value, dict):
        for inner in value:
            yield from _leaves(value, inner, str(inner))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from _leaves(value, at, name)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield holder, key, name
