"""Rows from elsewhere behind those that are there: repaired ones, approved ones of the annotation queue. No page offers it by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Source

Row = dict[str, Any]


def _run(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    splits = dict.fromkeys(map(_original, values["rows"]), "train")
    for row in source.rows():
        if row["id"] in splits:
            splits[row["id"]] = row["split"]
        yield row
    for row in values["rows"]:  # a row that was made from a held-out one must not be trained on
        split = row.get("split", splits[_original(row)])
        place = {"split": split, "id": source.new_id(), "line": row.get("line")}
        yield {**place, **{key: value for key, value in row.items() if key not in place}}


def _original(row: Row) -> int:
    """The id of the row that it was made from; -1 where there is none."""
    return int((row.get("origin") or {}).get("row", -1))


ADD_ROWS = Operation(
    key="add_rows",
    group="combine",
    label=Text("data.operations.adding.add_rows.label"),
    help=Text("data.operations.adding.add_rows.help"),
    run=_run,
    params=(
        Param(
            key="rows",
            kind="data",
            default=None,
            label=Text("data.operations.adding.add_rows.rows.label"),
            help=Text("data.operations.adding.add_rows.rows.help"),
        ),
    ),
)
