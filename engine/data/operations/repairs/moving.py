"""Repairs that move rows to another part of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.repairs.dropping import CHECK, ROWS, wanted


def _move(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    moved = {one.row for one in wanted(source, values) if one.detail.get("side") == "held_out"}
    for row in source.rows():
        if row["id"] in moved:
            row["split"] = "train"
        yield row


MOVE_TO_TRAIN = Operation(
    key="move_to_train",
    group="repair",
    label=Text("data.operations.repairs.moving.move_to_train.label"),
    help=Text("data.operations.repairs.moving.move_to_train.help"),
    run=_move,
    params=(Param("check", "data", "leakage", CHECK.label, CHECK.help), ROWS),
)  # fmt: skip
