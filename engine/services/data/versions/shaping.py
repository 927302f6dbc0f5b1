"""How a data set stands before it is given another shape: its parts, and how its labels or sources are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from engine.core.context import Context
from engine.data.operations.shaping.row_table import ANSWER, FILE, is_synthetic, value_in
from engine.data.rows.index import SPLITS, RowIndex
from engine.data.rows.labels import are_labels
from engine.data.rows.row import Row
from engine.services.data.versions.version_files import version_file
from engine.shapes.versions import DataShape

_LOOKED_AT = 400  # training rows, evenly spread: enough for shares, and read in some milliseconds
_SHOWN = 6  # groups
_MOST_VALUES = 40  # the first column with at most so many is shown unasked


def shape_of_now(ctx: Context, dataset: int, column: str | None = None) -> DataShape:
    """The parts of the version in use, and how its training rows are spread over the values of a column.

    Args:
        column: a column, "@answer" or "@file"; without it, the first one with few labels.

    Returns:
        {"splits": {split: rows}, "columns": those that hold labels, "column", "groups": [[value or None, share]] (the
        largest first), "others": share of all further ones, "different": values met, "made": share of made rows,
        "looked": rows looked at, "whole": whether these are all training rows}. "column" is None where none fits.

    Raises:
        NotFound, Fault: as `version_file`.
    """
    _version, path = version_file(ctx, dataset)
    index = RowIndex.open(path)
    train = index.places_in("train")
    at = np.arange(min(len(train), _LOOKED_AT)) * len(train) // max(1, min(len(train), _LOOKED_AT))
    rows = index.rows(train[at])
    values = {name: _values(rows, name) for name in _columns(rows)}
    columns = [name for name, found in values.items() if are_labels(found)]
    if column not in columns:
        column = next((name for name in columns if len(values[name]) <= _MOST_VALUES), None)
    told = {
        "splits": {split: index.count(split) for split in SPLITS},
        "columns": columns,
        "column": column,
        **_spread(rows, column),
        "made": sum(map(is_synthetic, rows)) / max(1, len(rows)),
        "looked": len(rows),
        "whole": len(rows) == len(train),
    }
    return cast(DataShape, told)


def _columns(rows: Sequence[Row]) -> list[str]:
    named = dict.fromkeys(name for row in rows for name in row.get("extra") or {})
    return [*named, ANSWER, *([FILE] if any(row.get("file") for row in rows) else [])]


def _values(rows: Sequence[Row], column: str) -> Counter[str]:
    """How often each value of a column is there; rows without one are left aside."""
    found = (value_in(row, column) for row in rows)
    return Counter(value for value in found if value is not None)


def _spread(rows: Sequence[Row], column: str | None) -> dict[str, Any]:
    if column is None:
        return {"groups": [], "others": 0.0, "different": 0}
    found = Counter(value_in(row, column) for row in rows)
    largest = found.most_common(_SHOWN)
    others = len(rows) - sum(count for _value, count in largest)
    return {
        "groups": [[value, count / len(rows)] for value, count in largest],
        "others": others / len(rows),
        "different": len(found),
    }
