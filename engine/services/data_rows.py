"""Rows of a data set to browse."""

from __future__ import annotations

import numpy as np

from engine.context import Context
from engine.data.index import RowIndex
from engine.services.version_sources import version_file

_LOOKED_AT = 200


def columns_of(ctx: Context, dataset: int) -> list[str]:
    """Other columns of the rows in use, in the order in which they come; looked up in some rows from all over the file."""
    _version, path = version_file(ctx, dataset)
    index = RowIndex.open(path)
    places = np.unique(np.linspace(0, len(index) - 1, min(len(index), _LOOKED_AT)).astype(int))
    names = (name for row in index.rows(places) for name in row.get("extra", ()))
    return list(dict.fromkeys(names))
