"""Choosing rows so that shares are met: the same choice for the same seed, whatever the order of the file. Pure arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Whole = np.ndarray[Any, np.dtype[np.int64]]
    Marks = np.ndarray[Any, np.dtype[np.uint64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]


def shuffled(marks: Marks, seed: int) -> Marks:
    """A random number for each mark, fixed by mark and seed (the mixing of SplitMix64, Steele and others, 2014)."""
    import numpy as np

    golden, first, second = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
    with np.errstate(over="ignore"):
        mixed = marks.astype(np.uint64) * np.uint64(2) + np.uint64((seed * 2 + 1) % 2**64)
        for _ in range(2):
            mixed = mixed + golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * first
            mixed = (mixed ^ (mixed >> np.uint64(27))) * second
            mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def lowest(rank: Marks, count: int) -> Flags:
    """The `count` members with the lowest rank."""
    import numpy as np

    chosen = np.zeros(len(rank), dtype=bool)
    chosen[np.argsort(rank, kind="stable")[: max(0, count)]] = True
    return chosen


def take(sizes: Whole, rank: Marks, wanted: int) -> Flags:
    """Whole units whose sizes add up to `wanted` or, where that is impossible, as nearly as possible; never all of them.

    Units are taken in the order of their rank. Only where that leaves a gap are they chosen by their sizes instead.
    """
    import numpy as np

    wanted = min(wanted, int(sizes.sum()) - 1)
    if wanted <= 0 or not len(sizes):
        return np.zeros(len(sizes), dtype=bool)
    if sizes.max() == 1:
        return lowest(rank, wanted)
    chosen = np.zeros(len(sizes), dtype=bool)
    left = wanted
    order = np.argsort(rank, kind="stable")
    for unit, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        if size <= left:
            chosen[unit] = True
            left -= size
            if not left:
                return chosen
    return _nearest(sizes, rank, wanted)


def _nearest(sizes: Whole, rank: Marks, wanted: int) -> Flags:
    """The sum of sizes that is nearest to `wanted` (the smaller one of two): a bounded knapsack by dynamic programming."""
    import numpy as np

    limit = min(int(sizes.sum()) - 1, 2 * wanted)
    items = _items(sizes, limit)
    reached = np.zeros(limit + 1, dtype=bool)
    reached[0] = True
    by = np.full(limit + 1, -1, dtype=np.int32)
    for number, (size, count) in enumerate(items):
        weight = size * count
        fresh = reached[: limit + 1 - weight] & ~reached[weight:]
        by[weight:][fresh] = number
        reached[weight:] |= fresh
    sums = np.flatnonzero(reached)
    total = int(sums[np.argmin(np.abs(sums - wanted))])
    counts: dict[int, int] = {}
    while total:
        size, count = items[by[total]]
        counts[size] = counts.get(size, 0) + count
        total -= size * count
    chosen = np.zeros(len(sizes), dtype=bool)
    for size, count in counts.items():
        same = np.flatnonzero(sizes == size)
        chosen[same[np.argsort(rank[same], kind="stable")[:count]]] = True
    return chosen


def _items(sizes: Whole, limit: int) -> list[tuple[int, int]]:
    """Sizes with how many units are taken at once, in powers of two, so that every number of units can be put together."""
    import numpy as np

    items: list[tuple[int, int]] = []
    for size, count in zip(*(part.tolist() for part in np.unique(sizes, return_counts=True)), strict=True):
        left, piece = min(count, limit // size), 1
        while left > 0:
            items.append((size, min(piece, left)))
            left -= piece
            piece *= 2
    return items


def quotas(sizes: Whole, wanted: int, most: Whole) -> Whole:
    """`wanted` spread over groups in proportion to their sizes, each within 1 of its exact share, by largest remainders.

    Args:
        most: what each group may give.
    """
    import numpy as np

    total = max(1, int(sizes.sum()))
    given = np.minimum(sizes * wanted // total, most)
    order = np.lexsort((-sizes, -(sizes * wanted % total)))
    while (left := wanted - int(given.sum())) > 0:
        room = order[given[order] < most[order]][:left]
        if not len(room):
            break
        given[room] += 1
    return given


def evenly(count: int, wanted: int) -> Flags:
    """`wanted` of `count` places, spread evenly."""
    import numpy as np

    chosen = np.zeros(count, dtype=bool)
    wanted = min(wanted, count)
    if wanted > 0:
        chosen[np.arange(wanted) * count // wanted] = True
    return chosen
