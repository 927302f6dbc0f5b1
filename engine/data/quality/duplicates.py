"""Rows that stand in the data twice: word for word, or nearly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Fix, Material, Values
from engine.data.quality.near import Unions, similar_pairs
from engine.data.rows.row import Row, said_of
from engine.data.rows.wording import jaccard, mark, said, shingles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Marks = npt.NDArray[np.uint64]

_AT_ONCE = 500  # rows of a group that are read at once
NEAR = 0.8


def exact_mark(row: Row) -> int:
    """Equal for rows that teach the same."""
    import orjson

    content = said_of(row)
    try:
        return mark(orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())
    except TypeError:  # a whole number of more than 64 bits
        return mark(json.dumps(content, sort_keys=True))


def marks_of(rows: Iterable[Row], count: int) -> tuple[Marks, Marks]:
    """Ids and exact marks of all rows."""
    import numpy as np

    ids, marks = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64)
    for place, row in enumerate(rows):
        ids[place], marks[place] = row["id"], exact_mark(row)
    return ids, marks


def equal_groups(marks: Marks) -> Iterator[list[int]]:
    """Places with an equal mark, two or more, in the order of the first ones."""
    import numpy as np

    order = np.argsort(marks, kind="stable")
    ranked = marks[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, dtype=np.int64)
    ends = np.r_[starts[1:], len(ranked)]
    several = ends - starts > 1
    first = np.argsort(order[starts[several]], kind="stable")
    for start, end in zip(starts[several][first].tolist(), ends[several][first].tolist(), strict=True):
        found: list[int] = order[start:end].tolist()
        yield found


def _exact(material: Material, _values: Values) -> Iterator[FoundRow]:
    ids, marks = marks_of(material.rows(), material.count)
    for group, places in enumerate(equal_groups(marks)):
        for at, place in enumerate(places):
            yield FoundRow(int(ids[place]), group, {"code": "copy.exact" if at else "copy.first"})


def _near(material: Material, values: Values) -> Iterator[FoundRow]:
    ids, marks = marks_of(material.rows(), material.count)
    unions = Unions(material.count)
    for one, other in similar_pairs(material, values["threshold"]):
        unions.join(one, other)
    number = 0
    for places in unions.groups():
        several = _one_of_each(places, marks)
        if len(several) > 1:
            yield from _shown(material, several, ids, number)
            number += 1


def _one_of_each(places: list[int], marks: Marks) -> list[int]:
    """Without exact copies: another check shows those."""
    kept: dict[int, int] = {}
    for place in sorted(places):
        kept.setdefault(int(marks[place]), place)
    return list(kept.values())


def _shown(material: Material, places: list[int], ids: Marks, number: int) -> Iterator[FoundRow]:
    first = shingles(said(material.read(places[:1])[0]))
    yield FoundRow(int(ids[places[0]]), number, {"code": "copy.first"})
    for start in range(1, len(places), _AT_ONCE):
        part = places[start : start + _AT_ONCE]
        for place, row in zip(part, material.read(part), strict=True):
            share = round(100 * jaccard(first, shingles(said(row))))
            yield FoundRow(int(ids[place]), number, {"code": "copy.near", "percent": share})


def _keep(check: str) -> tuple[Fix, ...]:
    return (
        Fix(
            "keep_one",
            {"check": check, "which": "first"},
            Text("data.quality.duplicates.keep_one.label.keep_the_first_of"),
        ),
        Fix(
            "keep_one",
            {"check": check, "which": "longest"},
            Text("data.quality.duplicates.keep_one.label.keep_the_longest_of"),
        ),
    )


EXACT = Check(
    key="exact_duplicates",
    severity="look",
    label=Text("data.quality.duplicates.exact_duplicates.label"),
    help=Text("data.quality.duplicates.exact_duplicates.help"),
    found=Text("data.quality.duplicates.exact_duplicates.found"),
    run=_exact,
    fixes=_keep("exact_duplicates")[:1],
    weight=2,
)

NEAR_DUPLICATES = Check(
    key="near_duplicates",
    severity="look",
    label=Text("data.quality.duplicates.near_duplicates.label"),
    help=Text("data.quality.duplicates.near_duplicates.help"),
    found=Text("data.quality.duplicates.near_duplicates.found"),
    run=_near,
    params=(
        Param(
            "threshold", "float", NEAR,
            Text("data.quality.duplicates.near_duplicates.threshold.label"),
            Text("data.quality.duplicates.near_duplicates.threshold.help"),
            usual=Text("data.quality.duplicates.near_duplicates.threshold.usual"), minimum=0.5, maximum=0.99, step=0.05, advanced=False,
        ),
    ),
    fixes=_keep("near_duplicates"),
    weight=9,
)  # fmt: skip
