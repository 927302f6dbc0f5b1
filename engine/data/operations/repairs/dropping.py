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
    Text("Found by", "由哪项检查发现"),
    Text("The check whose rows are meant.", "指的是哪项检查找出的行。"),
)
ROWS = Param(
    "rows", "data", None, Text("Rows", "行"), Text("Ids of the rows; all that were found where it is empty.", "行的编号；为空则指找到的全部行。"),
    optional=True,
)  # fmt: skip


def wanted(source: Source, values: Mapping[str, Any]) -> Iterator[FoundRow]:
    """What the check found, of the chosen rows. Raises Fault("data.audit.missing")."""
    only = None if values.get("rows") is None else set(read_ids(values["rows"]))
    return (one for one in source.found(str(values["check"])) if only is None or one.row in only)


def read_ids(value: Any) -> list[int]:
    """A list of ids. Raises Fault("data.repair.rows")."""
    if not isinstance(value, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        raise Fault("data.repair.rows")
    return value


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
    label=Text("Drop rows", "删除行"),
    help=Text("Leaves the chosen rows out; all others stay as they are.", "去掉选中的行，其余的行保持不变。"),
    run=_drop_rows,
    params=(Param("rows", "data", (), ROWS.label, ROWS.help),),
)

DROP_FOUND = Operation(
    key="drop_found",
    group="repair",
    label=Text("Drop what was found", "删除找到的行"),
    help=Text("Leaves out the rows that the check found; all others stay as they are.", "去掉该检查找到的行，其余的行保持不变。"),
    run=_drop_found,
    params=(
        CHECK,
        ROWS,
        Param(
            "side", "choice", "all", Text("Which rows", "哪些行"),
            Text("Of rows found in two parts of the data: all, or those of one part.", "当行分布在数据的两部分时：全部删除，还是只删其中一部分。"),
            choices={
                "all": Text("All that were found", "找到的全部"),
                "train": Text("Those of the training split", "训练集中的"),
                "held_out": Text("Those held out (validation and test)", "验证集和测试集中的"),
            },
        ),
    ),
)  # fmt: skip

KEEP_ONE = Operation(
    key="keep_one",
    group="repair",
    label=Text("Keep one of each group", "每组保留一条"),
    help=Text("Of rows that belong together one stays, the others are left out.", "同属一组的行只留下一条，其余去掉。"),
    run=_keep_one,
    params=(
        CHECK,
        ROWS,
        Param(
            "which", "choice", "first", Text("Which one stays", "保留哪一条"),
            Text("The first in the file, or the one with the longest answer.", "文件中的第一条，或回答最长的一条。"),
            choices={"first": Text("The first", "第一条"), "longest": Text("The longest answer", "回答最长的")}, advanced=False,
        ),
    ),
)  # fmt: skip
