"""Which rows are held out for validation: fixed by the seed and the rows' contents, never by their order in the file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SMALLEST_TO_SPLIT = 10


def fingerprint(text: str) -> int:
    """64 bits that stand for a row's content."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest())


def held_out_count(rows: int, fraction: float) -> int:
    """How many of `rows` are held out: at least one of ten or more, never all."""
    if fraction <= 0 or rows < 2:
        return 0
    count = round(rows * fraction)
    if rows >= SMALLEST_TO_SPLIT:
        count = max(1, count)
    return min(count, rows - 1)


def held_out(fingerprints: Sequence[int], fraction: float, seed: int) -> set[int]:
    """The places of the held-out rows. Equal rows stay on one side, unless there are too few different ones."""
    return set(held_out_places(np.asarray(fingerprints, dtype=np.uint64), fraction, seed).tolist())


def held_out_places(fingerprints: npt.NDArray[np.uint64], fraction: float, seed: int) -> npt.NDArray[np.int64]:
    """The places of the held-out rows, in order, as `held_out` says. Takes about 60 bytes a row."""
    wanted = held_out_count(len(fingerprints), fraction)
    if not wanted:
        return np.zeros(0, dtype=np.int64)
    marks, group, sizes = np.unique(fingerprints, return_inverse=True, return_counts=True)
    keys = np.fromiter((_shuffled(mark, seed) for mark in marks.tolist()), dtype=np.uint64, count=len(marks))
    order = np.argsort(keys, kind="stable")
    taken = _taken(sizes[order], wanted)
    chosen = np.zeros(len(marks), dtype=bool)
    chosen[order[taken]] = True
    held = chosen[group]
    missing = wanted - int(np.count_nonzero(held))
    for place in order[~taken].tolist():
        if not missing:
            break
        spare = np.flatnonzero(group == place)[:missing]
        held[spare] = True
        missing -= len(spare)
    return np.flatnonzero(held)


def _taken(sizes: npt.NDArray[np.int64], wanted: int) -> npt.NDArray[np.bool_]:
    """Which groups are taken as a whole: each in turn that still fits."""
    taken = np.zeros(len(sizes), dtype=bool)
    for place, size in enumerate(sizes.tolist()):
        if size <= wanted:
            taken[place] = True
            wanted -= size
        if not wanted:
            break
    return taken


def _shuffled(mark: int, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{mark}".encode(), digest_size=8).digest())
