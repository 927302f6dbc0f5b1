"""Older lessons repeated, and a validation (or test) split that is a data set of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.mixing import MIX
from engine.data.operations.shaping.others import chosen_dataset, moved, other_part, trainable
from engine.data.operations.shaping.portions import lowest, shuffled
from engine.data.operations.shaping.row_table import OUT, SIDES, TRAIN, VAL, read_row_table, seed_of, settled
from engine.data.operations.shaping.settings import NEAREST, SEED, dataset, fraction, share


def _replay(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    part = other_part(source, chosen_dataset(values))
    table = read_row_table(source)
    own = int(table.train.sum())
    known = np.unique(np.concatenate([table.marks, part.table.marks[~part.table.train]]))
    usable = np.flatnonzero(trainable(part.table, known))
    part_of_all = fraction(values, "share")
    wanted = max(1, round(own * part_of_all / (1 - part_of_all)))
    if len(usable) < wanted and not (values["nearest"] and len(usable)):
        reachable = round(100 * len(usable) / max(1, own + len(usable)), 1)
        raise Fault(
            "data.shape.replay_share", name=part.source.name, rows=len(usable), wanted=wanted, percent=reachable
        )
    times = np.zeros(len(part.table), dtype=np.int64)
    rank = shuffled(part.table.ids[usable].astype(np.uint64), seed_of(source, values))
    times[usable[lowest(rank, wanted)]] = 1
    yield from source.rows()
    yield from moved(part, source, times, "replay")


def _own_file(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    part = other_part(source, chosen_dataset(values))
    table = read_row_table(source)
    side = SIDES.index(values["side"])
    sides = table.sides.copy()
    sides[table.sides == side] = TRAIN if values["rest"] == "train" else OUT
    sides[(sides == TRAIN) & np.isin(table.marks, part.table.marks)] = OUT
    if not (sides[~table.synthetic] == TRAIN).any():
        raise Fault("data.shape.all_in_other", name=part.source.name)
    yield from settled(source, table, sides)
    for row in moved(part, source, (~part.table.synthetic).astype(np.int64), "own_file"):
        yield row | {"split": SIDES[side]}


_SIDE = Param(
    "side",
    "choice",
    SIDES[VAL],
    Text("data.operations.shaping.combine.side.label"),
    Text("data.operations.shaping.combine.side.help"),
    choices={
        "val": Text("data.operations.shaping.combine.side.choices.val"),
        "test": Text("data.operations.shaping.combine.side.choices.test"),
    },
    advanced=False,
)
_REST = Param(
    "rest",
    "choice",
    "train",
    Text("data.operations.shaping.combine.rest.label"),
    Text("data.operations.shaping.combine.rest.help"),
    choices={
        "train": Text("data.operations.shaping.combine.rest.choices.train"),
        "drop": Text("data.operations.shaping.combine.rest.choices.drop"),
    },
)
_OLD = dataset(Text("data.operations.shaping.combine.old.label"), Text("data.operations.shaping.combine.old.help"))  # fmt: skip
_FILE = dataset(Text("data.operations.shaping.combine.file.label"), Text("data.operations.shaping.combine.file.help"))  # fmt: skip

OWN_FILE = Operation(
    "split_own_file",
    "split",
    Text("data.operations.shaping.combine.split_own_file.label"),
    Text("data.operations.shaping.combine.split_own_file.help"),
    _own_file,
    (_FILE, _SIDE, _REST),
)  # fmt: skip
COMBINE = (
    MIX,
    Operation(
        "replay",
        "combine",
        Text("data.operations.shaping.combine.replay.label"),
        Text("data.operations.shaping.combine.replay.help"),
        _replay,
        (
            _OLD,
            share(Text("data.operations.shaping.combine.replay.params.label"), Text("data.operations.shaping.combine.replay.params.help"), 30.0, most=90),
            SEED,
            NEAREST,
        ),
    ),
)  # fmt: skip
