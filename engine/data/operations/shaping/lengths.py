"""Pairs balanced by length: as much is learnt from those whose better answer is longer as from those where it is shorter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.portions import lowest, shuffled
from engine.data.operations.shaping.row_table import seed_of
from engine.data.operations.shaping.settings import SEED
from engine.data.rows.judged import longer_won


def _balance(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    """Of the more frequent side some are left out by the seed, or each counts less. Held-out and equally long pairs stay."""
    import numpy as np

    sides = {
        True: np.array(_ids(source, longer=True), dtype=np.uint64),
        False: np.array(_ids(source, longer=False), dtype=np.uint64),
    }
    more = len(sides[True]) > len(sides[False])
    many, few = sides[more], len(sides[not more])
    if not few:
        raise Fault("data.shape.one_sided", rows=len(many))
    if len(many) == few:
        raise Fault("data.shape.lengths_even", rows=few)
    if values["how"] == "weight":
        share, lighter = few / len(many), set(many.tolist())
        yield from (_lighter(row, share) if row["id"] in lighter else row for row in source.rows())
        return
    kept = lowest(shuffled(many, seed_of(source, values)), few)
    gone = set(many[~kept].tolist())
    yield from (row for row in source.rows() if row["id"] not in gone)


def _ids(source: Source, *, longer: bool) -> list[int]:
    found = ((row["id"], longer_won(row)) for row in source.rows() if row["split"] == "train")
    return [number for number, share in found if share is not None and bool(share) == longer]


def _lighter(row: Row, share: float) -> Row:
    return {**row, "weight": round(row.get("weight", 1) * share, 6)}


LENGTHS = (
    Operation(
        "balance_lengths",
        "size",
        Text("data.operations.shaping.lengths.balance_lengths.label"),
        Text("data.operations.shaping.lengths.balance_lengths.help"),
        _balance,
        (
            Param(
                "how",
                "choice",
                "drop",
                Text("data.operations.shaping.lengths.balance_lengths.how.label"),
                Text("data.operations.shaping.lengths.balance_lengths.how.help"),
                choices={
                    "drop": Text("data.operations.shaping.lengths.balance_lengths.how.choices.drop"),
                    "weight": Text("data.operations.shaping.lengths.balance_lengths.how.choices.weight"),
                },
                advanced=False,
            ),
            SEED,
        ),
        kinds=("preference",),
    ),
)
