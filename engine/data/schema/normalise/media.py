"""Rows whose words stand for a picture, a film or a sound in a column beside them: only text can be learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.records.record import RowFault

_MARKS = {name + end: f"<{name}>" for name in ("image", "video", "audio") for end in ("", "s")}
_COLUMNS = frozenset(_MARKS)


def refuse_media(values: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Raises RowFault "data.turn.media" where a text of the row holds the mark of what such a column brings."""
    if _COLUMNS.isdisjoint(values):
        return
    for column in _COLUMNS & values.keys():
        mark = _MARKS[column]
        turns = (turn for key in ("messages", "prompt") for turn in row.get(key) or ())
        if values[column] and any(mark in str(turn.get("content", "")) for turn in turns):
            raise RowFault("data.turn.media", column, mark=mark)
