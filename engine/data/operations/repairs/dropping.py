"""Repairs that take rows out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow, Operation, Row, Source
from engine.data.rows.row import answer_of

CHECK = Param(
    "check",
    "data",
    "",
    Text("data.operations.repairs.dropping.check.label"),
    Text("data.operations.repairs.dropping.check.help"),
)
ROWS = Param(
    "rows", "data", None, Text("data.operations.repairs.dropping.rows.label"), Text("data.operations.repairs.dropping.rows.help"),
    optional=True,
)  # fmt: skip


def wanted(source: Source, values: Mapping[str, Any]) -> Iterator[FoundRow]:
    """What the check found, of the chosen rows. Raises Fault("data.audit.missing")."""
    only = None if values.get("rows") is None else set(read_ids(values["rows"]))
    return (one for one in source.found(str(values["check"])) if only is None or one.row in only)


def read_ids(value: Any) -> list[int]:
    """A list of ids. Raises Fault("data.repair.rows")."""
    if not isinstance(value, list | tuple) or not all(
        isinstance(one, int) and not isinstance(one, bool) for one in value
    ):
        raise Fault("data.repair.rows")
    return list(value)


def _without(source: Source, gone: set[int]) -> Iterator[Row]:
    return (row for row in source.rows() if row["id"] not in gone)


def _drop_rows(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    return _without(source, set(read_ids(values["rows"])))


def _drop_found(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    found = wanted(source, values)
    return _without(source, {one.row for one in found if values["side"] in ("all", one.detail.get("side"))})


def _keep_one(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    groups: dict[int, list[int]] = {}
    for one in wanted(source, values):
        if one.group is not None:
            groups.setdefault(one.group, []).append(one.row)
    first = values["which"] == "first"
    kept = {rows[0] for rows in groups.values()} if first else _longest(source, groups)
    return _without(source, {row for rows in groups.values() for row in rows} - kept)


def _longest(source: Source, groups: Mapping[int, list[int]]) -> set[int]:
    """Of each group the row with the longest answer; of equally long ones the first."""
    group_of = {row: group for group, rows in groups.items() for row in rows}
    best: dict[int, tuple[int, int]] = {}
    for row in source.rows():
        if (group := group_of.get(row["id"])) is not None:
            length = len(answer_of(row))
            if group not in best or length > best[group][0]:
                best[group] = (length, row["id"])
    return {row for _length, row in best.values()}


DROP_ROWS = Operation(
    key="drop_rows",
    group="repair",
    label=Text("data.operations.repairs.dropping.drop_rows.label"),
    help=Text("data.operations.repairs.dropping.drop_rows.help"),
    run=_drop_rows,
    params=(Param("rows", "data", (), ROWS.label, ROWS.help),),
)

DROP_FOUND = Operation(
    key="drop_found",
    group="repair",
    label=Text("data.operations.repairs.dropping.drop_found.label"),
    help=Text("data.operations.repairs.dropping.drop_found.help"),
    run=_drop_found,
    params=(
        CHECK,
        ROWS,
        Param(
            "side", "choice", "all", Text("data.operations.repairs.dropping.drop_found.side.label"),
            Text("data.operations.repairs.dropping.drop_found.side.help"),
            choices={
                "all": Text("data.operations.repairs.dropping.drop_found.side.choices.all"),
                "train": Text("data.operations.repairs.dropping.drop_found.side.choices.train"),
                "held_out": Text("data.operations.repairs.dropping.drop_found.side.choices.held_out"),
            },
        ),
    ),
)  # fmt: skip

KEEP_ONE = Operation(
    key="keep_one",
    group="repair",
    label=Text("data.operations.repairs.dropping.keep_one.label"),
    help=Text("data.operations.repairs.dropping.keep_one.help"),
    run=_keep_one,
    params=(
        CHECK,
        ROWS,
        Param(
            "which", "choice", "first", Text("data.operations.repairs.dropping.keep_one.which.label"),
            Text("data.operations.repairs.dropping.keep_one.which.help"),
            choices={"first": Text("data.operations.repairs.dropping.keep_one.which.choices.first"), "longest": Text("data.operations.repairs.dropping.keep_one.which.choices.longest")}, advanced=False,
        ),
    ),
)  # fmt: skip
