"""From judged answers to plain conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source

_JUDGED = ("prompt", "chosen", "rejected", "completion", "label")


def _prefer(source: Source, _values: Mapping[str, Any]) -> Iterator[Row]:
    kept = 0
    for row in source.rows():
        if "completion" in row and not row["label"]:
            continue
        kept += 1
        said = row["chosen"] if "chosen" in row else row["completion"]
        rest = {key: value for key, value in row.items() if key not in _JUDGED}
        yield rest | {"messages": [*row["prompt"], *said]}
    if not kept:
        raise Fault("data.shape.none_good", rows=source.count)


CONVERT = (
    Operation(
        "prefer_chosen",
        "convert",
        Text("data.operations.shaping.convert.prefer_chosen.label"),
        Text("data.operations.shaping.convert.prefer_chosen.help"),
        _prefer,
        kinds=("preference", "kto"),
    ),
)  # fmt: skip
