"""The rows that a job may see: those of "test" are kept for a judgement at the very end, so nothing learns from them or is chosen by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.data.rows.index import SPLITS, RowIndex
from engine.data.rows.row import Row
from engine.data.rows.store import belongs_to, lines_of


def training_lines(path: Path) -> Iterator[str]:
    """The rows of training and validation as they are written, in the order of the file."""
    return (line for line in lines_of(path) if not belongs_to(line, "test"))


def training_rows(path: Path) -> Iterator[Row]:
    """The rows of training and validation, in the order of the file."""
    return map(json.loads, training_lines(path))


def every(total: int, most: int) -> int:
    """The distance at which `total` rows are looked at, so that there are at most `most` of them."""
    return max(1, -(-total // most))


def training_sample(path: Path, most: int) -> tuple[Iterator[Row], int]:
    """At most `most` rows of training and validation, evenly spread over the file, and how many there are in all."""
    index = RowIndex.open(path)
    places = np.flatnonzero(index.split != SPLITS.index("test"))
    return map(json.loads, index.lines(places[:: every(len(places), most)])), len(places)
