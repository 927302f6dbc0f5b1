"""What else a column may mean: said where a reading that nobody chose would have the model learn what was marked as bad."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.data.schema.contents import Rows, thumb_of, values_of
from engine.data.schema.declared import plain_name, shape_of

_WORTH_A_WORD = 4  # of so many values one says good or bad
_ANSWERED = ("messages", "sharegpt", "alpaca", "prompt_completion", "qa_context")


def doubts(shape: str, used: Sequence[str], columns: Sequence[str], rows: Rows) -> Iterator[tuple[str, dict[str, Any]]]:
    """A column that judges some answers, while all of them are to be learnt: ("shape.some_thumbs", params)."""
    label = shape_of("kto").field("label")
    if shape not in _ANSWERED or label is None:
        return
    for column in columns:
        if column in used or plain_name(column) not in label.names:
            continue
        thumbs = [thumb_of(value) for value in values_of(column, rows)]
        if thumbs.count(False) and (len(thumbs) - thumbs.count(None)) * _WORTH_A_WORD >= len(thumbs):
            yield "shape.some_thumbs", {"column": column, "bad": thumbs.count(False), "looked": len(rows)}
