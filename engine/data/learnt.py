"""The rows that a job may see: those of "test" are kept for a judgement at the very end, so nothing learns from them or is chosen by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from engine.data.rows import Row
from engine.data.store import belongs_to, lines_of


def learnt_lines(path: Path) -> Iterator[str]:
    """The rows of training and validation as they are written, in the order of the file."""
    return (line for line in lines_of(path) if not belongs_to(line, "test"))


def learnt_rows(path: Path) -> Iterator[Row]:
    """The rows of training and validation, in the order of the file."""
    return map(json.loads, learnt_lines(path))
