"""What differs between two versions of a data set, row by row: found by ids and marks of content, without reading rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.index import Column, RowIndex, changed
from engine.services.data.versions.version_files import version_file
from engine.shapes.versions import VersionDifference

_MOST = 100
CHANGES = ("changed", "dropped", "added", "moved")


@dataclass(frozen=True)
class _Difference:
    """Column of rows, in the order of the first version (added ones in that of the second): -1 where a row is not there."""

    pairs: dict[str, tuple[Column, Column]]
    same: int


@lru_cache(maxsize=2)
def _difference(first: Path, second: Path) -> _Difference:
    """Of two rows files, which are named by their content and never change."""
    before, after = RowIndex.open(first), RowIndex.open(second)
    _, old, new = np.intersect1d(before.id, after.id, assume_unique=True, return_indices=True)
    order = np.argsort(old, kind="stable")
    old, new = old[order].astype(np.int32), new[order].astype(np.int32)
    different = changed(before, after, old, new)
    moved = before.split[old] != after.split[new]
    dropped = _others(len(before), old)
    added = _others(len(after), new)
    pairs = {
        "changed": (old[different], new[different]),
        "dropped": (dropped, np.full(len(dropped), -1, np.int32)),
        "added": (np.full(len(added), -1, np.int32), added),
        "moved": (old[moved], new[moved]),
    }
    return _Difference(pairs, int(np.count_nonzero(~different & ~moved)))


def _others(rows: int, places: Column) -> Column:
    """The places that are not among `places`."""
    left = np.ones(rows, dtype=bool)
    left[places] = False
    return np.flatnonzero(left).astype(np.int32)


def compare(
    ctx: Context, dataset: int, a: int, b: int, what: str = "changed", offset: int = 0, limit: int = 10
) -> VersionDifference:
    """Some of the rows that differ between version `a` and version `b`.

    Args:
        what: "changed", "dropped", "added" or "moved" (to another split; such a row may be changed as well).

    Returns:
        {"counts": {"changed", "dropped", "added", "moved", "same"}, "total": rows of this sort,
        "rows": [{"id", "before": row or None, "after": row or None}]}.

    Raises:
        NotFound: there is no such data set or version.
        Fault: "data.file.rows_gone", or "data.version.unknown_change".
    """
    if what not in CHANGES:
        raise Fault("data.version.unknown_change", value=str(what)[:40])
    (_, first), (_, second) = version_file(ctx, dataset, a), version_file(ctx, dataset, b)
    found = _difference(first, second)
    old, new = (places[max(0, offset) :][: max(0, min(limit, _MOST))] for places in found.pairs[what])
    rows = [
        {"id": (before or after or {})["id"], "before": before, "after": after}
        for before, after in zip(_read(first, old), _read(second, new), strict=True)
    ]
    counts = {key: len(pair[0]) for key, pair in found.pairs.items()}
    told = {"counts": counts | {"same": found.same}, "total": counts[what], "rows": rows}
    return cast(VersionDifference, told)


def _read(path: Path, places: Sequence[int] | Column) -> list[dict[str, Any] | None]:
    """The rows at these places; None for -1."""
    there = [int(place) for place in places if place >= 0]
    rows = iter(RowIndex.open(path).rows(there))
    return [next(rows) if place >= 0 else None for place in places]
