"""What an operation would do, tried without making a version: counts, and a few rows before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from engine.core.context import Context
from engine.data.operations import operation_of
from engine.data.operations.base import Row
from engine.data.operations.source import RowsSource
from engine.data.rows.index import SPLITS, Column, RowIndex, others_of
from engine.data.rows.stats import measure
from engine.services.data.versions.sources import evenly, open_source, refuse_kind, rows_of_others, values_of
from engine.services.data.versions.version_files import ready, version_file
from engine.shapes.versions import OperationPreview

_WHOLE = 20_000  # a data set with at most so many rows is tried as a whole
_SAMPLE = 2_000
_EXAMPLES = 4  # of each kind of change
_CHANGES = ("changed", "dropped", "added", "moved")


def preview(ctx: Context, dataset: int, key: str, values: Mapping[str, Any]) -> OperationPreview:
    """What the operation would make of the version in use.

    Returns:
        {"summary": {"dropped", "added", "changed", "moved"} (a row may be changed and moved), "before": rows, "after": rows, "splits": {"before", "after"}
        of {split: rows}, "examples": [{"id", "what", "before", "after"}], "looked": rows tried, "whole": whether these are
        all rows}. With many rows, only those that the settings name and the first ones are tried.

    Raises:
        SpecError, Fault or NotFound: why the operation cannot work on this data.
    """
    operation = operation_of(key)
    read = values_of(operation, values)
    refuse_kind(operation, ready(ctx, dataset))
    version, path = version_file(ctx, dataset)
    index = RowIndex.open(path)
    others = rows_of_others(ctx, operation, read)
    share = min(1.0, _WHOLE / max(1, len(index) + others)) if others else 1.0
    with open_source(ctx, version, path) as source:
        places = None if len(index) <= _WHOLE else _sample(index, source, read)
    if share < 1:  # parts of all data sets, so that their sizes stay in proportion
        places = evenly(len(index), share)
    with open_source(ctx, version, path, places, share) as source:
        effect = _Effect(index, np.arange(len(index)) if places is None else places)
        for row in operation.run(source, read):
            effect.add(row)
    return cast(OperationPreview, effect.as_dict() | {"looked": source.count, "whole": places is None})


def _sample(index: RowIndex, source: RowsSource, values: Mapping[str, Any]) -> Column:
    """Places of the rows that the settings are about, as far as they tell, and of the first rows."""
    ids = _named_ids(values, source)
    named = index.places_of(ids[:_SAMPLE])
    first = np.arange(min(len(index), _SAMPLE))
    return np.union1d(named[named >= 0], first)


def _named_ids(values: Mapping[str, Any], source: RowsSource) -> list[int]:
    ids: list[int] = []
    for key, value in values.items():
        if key == "check" and isinstance(value, str):
            ids += [found.row for found in source.found(value)]
        elif isinstance(value, list | Mapping):
            ids += [one for one in map(_id_in, value) if one is not None]
    return ids


def _id_in(item: Any) -> int | None:
    """A row's id: alone, as the key of what is said of the row, or in that."""
    found = item.get("id") if isinstance(item, Mapping) else item
    if isinstance(found, str) and found.isdecimal():
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


class _Effect:
    """Compares what an operation gives with the rows that it was given."""

    def __init__(self, index: RowIndex, places: Column) -> None:
        self._index, self._places = index, places
        self._left = {int(index.id[place]): int(place) for place in places}
        self._counts = dict.fromkeys(_CHANGES, 0)
        self._splits = dict.fromkeys(SPLITS, 0)
        self._examples: dict[str, list[dict[str, Any]]] = {what: [] for what in _CHANGES}

    def add(self, row: Row) -> None:
        """One row of the result."""
        self._splits[row["split"]] += 1
        place = self._left.pop(row["id"], None)
        if place is None:
            return self._tell("added", row["id"], None, row)
        known = int(self._index.fingerprint[place]), int(self._index.others[place])
        if known != (measure(row).fingerprint, others_of(row)):
            self._tell("changed", row["id"], place, row)
        if SPLITS[self._index.split[place]] != row["split"]:
            self._tell("moved", row["id"], place, row)
        return None

    def _tell(self, what: str, row_id: int, place: int | None, after: Row | None) -> None:
        self._counts[what] += 1
        if len(self._examples[what]) < _EXAMPLES:
            before = None if place is None else self._index.rows([place])[0]
            self._examples[what].append({"id": row_id, "what": what, "before": before, "after": after})

    def as_dict(self) -> dict[str, Any]:
        """The form that the page shows; rows that never came are dropped ones."""
        for row_id, place in self._left.items():
            self._tell("dropped", row_id, place, None)
        counted = np.bincount(self._index.split[self._places], minlength=len(SPLITS))
        before = {split: int(counted[at]) for at, split in enumerate(SPLITS)}
        return {
            "summary": self._counts,
            "before": sum(before.values()),
            "after": sum(self._splits.values()),
            "splits": {"before": before, "after": self._splits},
            "examples": [example for what in _CHANGES for example in self._examples[what]],
        }
