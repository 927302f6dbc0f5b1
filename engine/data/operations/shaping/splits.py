"""Which rows train, which validate, which test: by chance, by label, by group, by time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.portions import quotas, shuffled, take
from engine.data.operations.shaping.row_table import (
    TEST,
    TRAIN,
    VAL,
    Groups,
    RowTable,
    read_row_table,
    seed_of,
    settled,
    value_in,
    wanted_column,
)
from engine.data.operations.shaping.settings import NEAREST, SEED, column, fraction
from engine.data.operations.shaping.settings import TEST as TEST_SHARE
from engine.data.operations.shaping.settings import VAL as VAL_SHARE
from engine.data.operations.shaping.timestamps import TimestampColumn
from engine.data.rows.split import held_out_count

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
_FAR = 0.2  # of what was wanted: further away is told before it is done
_MOST_GROUPS = 10_000


def _counts(rows: int, values: Mapping[str, Any]) -> tuple[int, int]:
    """How many rows validate and test. Raises Fault where no row would be left to train on."""
    val, test = fraction(values, "val"), fraction(values, "test")
    if val + test > 0.95:
        raise Fault("data.shape.nothing_to_train", percent=round(100 * (val + test)))
    found = held_out_count(rows, val), held_out_count(rows, test)
    if sum(found) >= rows:
        raise Fault("data.shape.too_few_rows", rows=rows)
    return found


def _check(values: Mapping[str, Any], wanted: tuple[int, int], got: tuple[int, int], code: str, **facts: Any) -> None:
    """Raises Fault with the numbers where a share is missed by far and that was not allowed."""
    for side, asked, found in zip(("val", "test"), wanted, got, strict=True):
        if not values["nearest"] and abs(found - asked) > max(1, _FAR * asked):
            raise Fault(code, side=_SIDE[side].as_dict(), wanted=asked, found=found, **facts)


_SIDE = {
    "val": Text("data.operations.shaping.splits.side.val"),
    "test": Text("data.operations.shaping.splits.side.test"),
}


def _units(units: Array, sizes: Array, rank: Array, counts: tuple[int, int]) -> Array:
    """The side of each unit: first those for the test, then for validation out of the rest."""
    import numpy as np

    sides = np.full(len(sizes), TRAIN, dtype=np.uint8)
    sides[take(sizes, rank, counts[1])] = TEST
    rest = np.flatnonzero(sides == TRAIN)
    sides[rest[take(sizes[rest], rank[rest], counts[0])]] = VAL
    found: Array = sides[units]
    return found


def _got(sides: Array) -> tuple[int, int]:
    return int((sides == VAL).sum()), int((sides == TEST).sum())


def _spread(table: RowTable, originals: Array, sides: Array) -> Array:
    """Sides of the originals as sides of all rows."""
    import numpy as np

    everyone = np.full(len(table), TRAIN, dtype=np.uint8)
    everyone[originals] = sides
    return everyone


def _originals(table: RowTable) -> Array:
    import numpy as np

    found: Array = np.flatnonzero(~table.synthetic)
    return found


def _random(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    table = read_row_table(source)
    own = _originals(table)
    wanted = _counts(len(own), values)
    marks, units, sizes = np.unique(table.marks[own], return_inverse=True, return_counts=True)
    sides = _units(units, sizes, shuffled(marks, seed_of(source, values)), wanted)
    _check(values, wanted, _got(sides), "data.shape.equal_rows", most=int(sizes.max()), rows=len(own))
    yield from settled(source, table, _spread(table, own, sides))


def _group(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    groups = Groups(wanted_column(values), lonely=True)
    table = read_row_table(source, groups.key)
    groups.check()
    own = _originals(table)
    wanted = _counts(len(own), values)
    keys, units, sizes = np.unique(table.keys[own], return_inverse=True, return_counts=True)
    sides = _units(units, sizes, shuffled(keys, seed_of(source, values)), wanted)
    largest = int(np.argmax(sizes))
    facts = {"groups": len(keys), "largest": groups.name(int(keys[largest])), "most": int(sizes[largest])}
    _check(values, wanted, _got(sides), "data.shape.group_share", **facts)
    yield from settled(source, table, _spread(table, own, sides))


def _stratified(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    groups = Groups(values["column"])
    table = read_row_table(source, groups.key)
    groups.check()
    own = _originals(table)
    wanted = _counts(len(own), values)
    marks, first, units, sizes = np.unique(table.marks[own], return_index=True, return_inverse=True, return_counts=True)
    labels, strata = np.unique(table.keys[own][first], return_inverse=True)
    if len(labels) > min(_MOST_GROUPS, max(1, len(own) // 2)):
        raise Fault("data.shape.too_many_groups", groups=len(labels), rows=len(own))
    sides = _by_stratum(strata, len(labels), sizes, shuffled(marks, seed_of(source, values)), wanted)[units]
    _check(values, wanted, _got(sides), "data.shape.label_share", labels=len(labels), rows=len(own))
    yield from settled(source, table, _spread(table, own, sides))


def _by_stratum(strata: Array, count: int, sizes: Array, rank: Array, wanted: tuple[int, int]) -> Array:
    """Each label gives its part of both shares; no label is held out altogether."""
    import numpy as np

    rows = np.bincount(strata, weights=sizes, minlength=count).astype(np.int64)
    for_test = quotas(rows, wanted[1], rows - 1)
    for_val = quotas(rows, wanted[0], rows - 1 - for_test)
    order = np.argsort(strata, kind="stable")
    ends = np.cumsum(np.bincount(strata, minlength=count))
    sides = np.full(len(sizes), TRAIN, dtype=np.uint8)
    for stratum, end in enumerate(ends.tolist()):
        part = order[ends[stratum - 1] if stratum else 0 : end]
        counts = (int(for_val[stratum]), int(for_test[stratum]))
        sides[part] = _units(np.arange(len(part)), sizes[part], rank[part], counts)
    return sides


def _time(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    name = wanted_column(values)
    timestamps = TimestampColumn("" if values["order"] == "auto" else values["order"])
    groups = Groups(name)
    for row in source.rows():
        groups.key(row)
        if (value := value_in(row, name)) is not None:
            timestamps.look(value)
    groups.check()
    timestamps.settle()
    if timestamps.unclear is not None:
        raise Fault("data.shape.date_order", column=name, value=timestamps.unclear[:40])
    table = read_row_table(source, lambda row: timestamps.read(value_in(row, name)))
    if values["unreadable"] == "refuse":
        _refuse_unreadable(source, table, name)
    own = np.flatnonzero(~table.synthetic & ~np.isnan(table.keys))
    wanted = _counts(len(own), values)
    newest = own[np.lexsort((table.marks[own], table.keys[own]))[::-1]]
    sides = np.full(len(table), TRAIN, dtype=np.uint8)
    sides[newest[: wanted[1]]] = TEST
    sides[newest[wanted[1] : sum(wanted)]] = VAL
    yield from settled(source, table, sides)


def _refuse_unreadable(source: Source, table: RowTable, name: str) -> None:
    import numpy as np

    wrong = np.flatnonzero(np.isnan(table.keys))
    if not len(wrong):
        return
    row = next(row for place, row in enumerate(source.rows()) if place == wrong[0])
    value = value_in(row, name)
    place = row.get("line") or row["id"]
    facts = {"column": name, "count": len(wrong), "rows": len(table), "line": place}
    if value is None:
        raise Fault("data.shape.time_missing", **facts)
    raise Fault("data.shape.time_unreadable", value=value[:40], **facts)


_LABEL = column(
    Text("data.operations.shaping.splits.label"),
    Text("data.operations.shaping.splits.label.help"),
    or_answer=True,
)
_WHO = column(
    Text("data.operations.shaping.splits.who.label"),
    Text("data.operations.shaping.splits.who.help"),
)
_WHEN = column(
    Text("data.operations.shaping.splits.when.label"),
    Text("data.operations.shaping.splits.when.help"),
)
_ORDER = Param(
    "order",
    "choice",
    "auto",
    Text("data.operations.shaping.splits.order.label"),
    Text("data.operations.shaping.splits.order.help"),
    choices={
        "auto": Text("data.operations.shaping.splits.order.choices.auto"),
        "day": Text("data.operations.shaping.splits.order.choices.day"),
        "month": Text("data.operations.shaping.splits.order.choices.month"),
    },
)
_UNREADABLE = Param(
    "unreadable",
    "choice",
    "refuse",
    Text("data.operations.shaping.splits.unreadable.label"),
    Text("data.operations.shaping.splits.unreadable.help"),
    choices={
        "refuse": Text("data.operations.shaping.splits.unreadable.choices.refuse"),
        "train": Text("data.operations.shaping.splits.unreadable.choices.train"),
    },
)

SPLITS = (
    Operation(
        "split_random",
        "split",
        Text("data.operations.shaping.splits.split_random.label"),
        Text("data.operations.shaping.splits.split_random.help"),
        _random,
        (VAL_SHARE, TEST_SHARE, SEED, NEAREST),
    ),
    Operation(
        "split_stratified",
        "split",
        Text("data.operations.shaping.splits.split_stratified.label"),
        Text("data.operations.shaping.splits.split_stratified.help"),
        _stratified,
        (_LABEL, VAL_SHARE, TEST_SHARE, SEED, NEAREST),
    ),
    Operation(
        "split_group",
        "split",
        Text("data.operations.shaping.splits.split_group.label"),
        Text("data.operations.shaping.splits.split_group.help"),
        _group,
        (_WHO, VAL_SHARE, TEST_SHARE, SEED, NEAREST),
    ),
    Operation(
        "split_time",
        "split",
        Text("data.operations.shaping.splits.split_time.label"),
        Text("data.operations.shaping.splits.split_time.help"),
        _time,
        (_WHEN, VAL_SHARE, TEST_SHARE, _UNREADABLE, _ORDER),
    ),
)  # fmt: skip
