"""How many rows there are to train on: of each group, and in all. Held-out rows are never touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.portions import evenly, lowest, shuffled
from engine.data.operations.shaping.row_table import SIDES, Groups, RowTable, read_row_table, repeated, seed_of
from engine.data.operations.shaping.settings import ROWS, SEED, column, repeats

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
_MOST_GROUPS = 10_000
_LIMIT, _CAP = 1_000, 100  # rows that are usual in large data sets: of the whole, of one group


def _limit(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    table = read_row_table(source)
    mine = np.flatnonzero(table.sides == SIDES.index(values["side"]))
    wanted = int(values["rows"])
    if len(mine) <= wanted:
        raise Fault("data.shape.already_fewer", rows=len(mine), wanted=wanted)
    if values["which"] == "first":
        chosen = np.arange(len(mine)) < wanted
    elif values["which"] == "even":
        chosen = evenly(len(mine), wanted)
    else:
        chosen = lowest(_rank(source, table, values)[mine], wanted)
    times = np.ones(len(table), dtype=np.int64)
    times[mine] = chosen
    yield from repeated(source, times)


def _rank(source: Source, table: RowTable, values: Mapping[str, Any]) -> Array:
    import numpy as np

    return shuffled(table.ids.astype(np.uint64), seed_of(source, values))


@dataclass(frozen=True)
class _Grouped:
    """Training rows by group.

    Attributes:
        mine: places of the training rows.
        members: the group of each of them, counted from 0.
        sizes: rows of each group.
    """

    table: RowTable
    groups: Groups
    mine: Array
    members: Array
    sizes: Array

    def name(self, group: int) -> str:
        """A group as a message names it."""
        first = int(self.mine[(self.members == group).argmax()])
        return self.groups.name(int(self.table.keys[first]))


def _grouped(source: Source, values: Mapping[str, Any]) -> _Grouped:
    import numpy as np

    groups = Groups(values["column"])
    table = read_row_table(source, groups.key)
    groups.check()
    mine = np.flatnonzero(table.train)
    _keys, members, sizes = np.unique(table.keys[mine], return_inverse=True, return_counts=True)
    return _Grouped(table, groups, mine, members, sizes)


def _cap(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    most, found = int(values["rows"]), _grouped(source, values)
    largest = int(found.sizes.max(initial=0))
    if largest <= most:
        raise Fault("data.shape.already_capped", most=largest, wanted=most)
    yield from _sized(source, values, found, np.minimum(found.sizes, most))


def _down(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    found = _uneven(source, values)
    yield from _sized(source, values, found, _targets(found.sizes, int(found.sizes.min()), values))


def _up(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    found = _uneven(source, values)
    targets = _targets(found.sizes, int(found.sizes.max()), values)
    worst = int((targets / found.sizes).argmax())
    rows, times = int(found.sizes[worst]), -(-int(targets[worst]) // int(found.sizes[worst]))
    if times > values["repeats"]:
        raise Fault("data.shape.too_often", group=found.name(worst), rows=rows, times=times, most=values["repeats"])
    yield from _sized(source, values, found, targets)


def _uneven(source: Source, values: Mapping[str, Any]) -> _Grouped:
    """The groups, provided that there are some and that they differ in size."""
    found = _grouped(source, values)
    sizes = found.sizes
    if len(sizes) > min(_MOST_GROUPS, max(1, len(found.mine) // 2)):
        raise Fault("data.shape.too_many_groups", groups=len(sizes), rows=len(found.mine))
    if len(sizes) < 2:
        raise Fault("data.shape.one_group")
    if sizes.min() == sizes.max():
        raise Fault("data.shape.already_even", rows=int(sizes[0]))
    return found


def _targets(sizes: Array, anchor: int, values: Mapping[str, Any]) -> Array:
    """Rows wanted of each group: n_i^(1/T) scaled so that the anchor keeps its size; all alike without a temperature."""
    import numpy as np

    if values["temperature"] is None:
        return np.full(len(sizes), anchor)
    found: Array = np.maximum(1, np.round(anchor * (sizes / anchor) ** (1 / values["temperature"]))).astype(np.int64)
    return found


def _sized(source: Source, values: Mapping[str, Any], found: _Grouped, targets: Array) -> Iterator[Row]:
    """Each group in its wanted size: whole rounds of it, then some of its rows by the seed."""
    import numpy as np

    mine, members, sizes = found.mine, found.members, found.sizes
    order = np.lexsort((_rank(source, found.table, values)[mine], members))
    place = np.empty(len(mine), dtype=np.int64)
    place[order] = np.arange(len(mine)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    times = np.ones(len(found.table), dtype=np.int64)
    times[mine] = targets[members] // sizes[members] + (place < (targets % sizes)[members])
    yield from repeated(source, times)


_BY = column(
    Text("data.operations.shaping.balance.by.label"),
    Text("data.operations.shaping.balance.by.help"),
    or_answer=True,
)
_TEMPERATURE = Param(
    "temperature",
    "float",
    None,
    Text("data.operations.shaping.balance.temperature.label"),
    Text("data.operations.shaping.balance.temperature.help"),
    usual=Text("data.operations.shaping.balance.temperature.usual"),
    minimum=1,
    maximum=100,
    optional=True,
)  # fmt: skip
_REPEATS = repeats(2)


def _part(splits: Mapping[str, int], parts: int, most: int) -> int:
    """One part of the training rows, at most so many of them and at least one."""
    return max(1, min(most, splits["train"] // parts))


def _how_many(default: int, label: Text, help_: Text) -> Param:
    return Param("rows", "int", default, label, help_, minimum=1, maximum=100_000_000, unit=ROWS, advanced=False)


_WHICH = Param(
    "which",
    "choice",
    "random",
    Text("data.operations.shaping.balance.which.label"),
    Text("data.operations.shaping.balance.which.help"),
    choices={
        "random": Text("data.operations.shaping.balance.which.choices.random"),
        "even": Text("data.operations.shaping.balance.which.choices.even"),
        "first": Text("data.operations.shaping.balance.which.choices.first"),
    },
    advanced=False,
)
_OF = Param(
    "side",
    "choice",
    "train",
    Text("data.operations.shaping.balance.side.label"),
    Text("data.operations.shaping.balance.side.help"),
    choices={
        "train": Text("data.operations.shaping.balance.side.choices.train"),
        "val": Text("data.operations.shaping.balance.side.choices.val"),
        "test": Text("data.operations.shaping.balance.side.choices.test"),
    },
)

BALANCE = (
    Operation(
        "limit_rows",
        "size",
        Text("data.operations.shaping.balance.limit_rows.label"),
        Text("data.operations.shaping.balance.limit_rows.help"),
        _limit,
        (_how_many(_LIMIT, Text("data.operations.shaping.balance.limit_rows.params.label"), Text("data.operations.shaping.balance.limit_rows.params.help")), _WHICH, _OF, SEED),
        fitting=lambda splits: {"rows": _part(splits, 2, _LIMIT)},
    ),
    Operation(
        "cap_group",
        "size",
        Text("data.operations.shaping.balance.cap_group.label"),
        Text("data.operations.shaping.balance.cap_group.help"),
        _cap,
        (_BY, _how_many(_CAP, Text("data.operations.shaping.balance.cap_group.params.label"), Text("data.operations.shaping.balance.cap_group.params.help")), SEED),
        fitting=lambda splits: {"rows": _part(splits, 4, _CAP)},
    ),
    Operation(
        "down_sample",
        "size",
        Text("data.operations.shaping.balance.down_sample.label"),
        Text("data.operations.shaping.balance.down_sample.help"),
        _down,
        (_BY, _TEMPERATURE, SEED),
    ),
    Operation(
        "up_sample",
        "size",
        Text("data.operations.shaping.balance.up_sample.label"),
        Text("data.operations.shaping.balance.up_sample.help"),
        _up,
        (_BY, _TEMPERATURE, _REPEATS, SEED),
    ),
)  # fmt: skip
