"""What a person changed in the rows one by one: edited and dropped ones, gathered into one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.data.operations.base import Operation, Source
from engine.data.operations.repairs.editing import edited, read_edits
from engine.params import Param
from engine.text import Text

Row = dict[str, Any]


def _run(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    edits = read_edits(values["edits"]) if values["edits"] else {}
    drops = frozenset(values["drops"])
    for row in source.rows():
        if row["id"] in drops:
            continue
        edit = edits.get(row["id"])
        if edit is None:
            yield row
        else:
            yield edited(row, edit) | ({"extra": dict(edit["extra"])} if edit.get("extra") else {})


BY_HAND = Operation(
    key="by_hand",
    group="repair",
    label=Text("Changes by hand", "手工修改"),
    help=Text("Rows that were edited or dropped one by one.", "逐条编辑或删除的数据行。"),
    run=_run,
    params=(
        Param(
            key="edits",
            kind="data",
            default=None,
            label=Text("Edited rows", "编辑的行"),
            help=Text("Rows by their number.", "按编号列出的行。"),
        ),
        Param(
            key="drops",
            kind="data",
            default=(),
            label=Text("Dropped rows", "删除的行"),
            help=Text("Numbers of rows.", "行的编号。"),
        ),
    ),
)
