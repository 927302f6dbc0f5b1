"""Which rows are held out for validation: fixed by the seed and the rows' contents, never by their order in the file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

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
    wanted = held_out_count(len(fingerprints), fraction)
    groups: dict[int, list[int]] = {}
    for place, mark in enumerate(fingerprints):
        groups.setdefault(mark, []).append(place)
    order = sorted(groups, key=lambda mark: _shuffled(mark, seed))
    chosen: set[int] = set()
    for mark in order:
        if len(chosen) + len(groups[mark]) <= wanted:
            chosen.update(groups[mark])
        if len(chosen) == wanted:
            return chosen
    for mark in order:
        spare = [place for place in groups[mark] if place not in chosen]
        chosen.update(spare[: wanted - len(chosen)])
    return chosen


def _shuffled(mark: int, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{mark}".encode(), digest_size=8).digest()
