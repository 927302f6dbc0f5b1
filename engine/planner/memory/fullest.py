"""How full the fullest micro-batch of a job can be: its examples rarely fill it to the last token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_MOST = 256  # examples that count; among more of them some fill a micro-batch


def telling(lengths: Iterable[int], batch: int) -> tuple[int, ...]:
    """The lengths that decide, each as often as a step can have it; none where they are so many that every sum comes up."""
    found = tuple(length for length, times in Counter(lengths).items() for _ in range(min(times, batch)))
    return found if len(found) <= _MOST else ()


@lru_cache(maxsize=512)
def packed(lengths: tuple[int, ...], batch: int, budget: int) -> int:
    """Most tokens of a group of at most `batch` examples that share a row, of at most `budget` tokens (or of one longer example).

    Bit n of `sums[k]` says that k examples come to n tokens.
    """
    sums = [1] + [0] * batch
    within = (1 << budget + 1) - 1
    for length in lengths:
        for k in range(batch, 0, -1):
            sums[k] |= (sums[k - 1] << length) & within
    return max(max(one.bit_length() for one in sums) - 1, max(lengths, default=0))


@lru_cache(maxsize=512)
def padded(lengths: tuple[int, ...], batch: int, budget: int, front: int) -> int:
    """Most tokens of a group of rows that are padded to its longest one, without those that the method puts in front."""
    most = max(lengths, default=0)
    for rank, length in enumerate(sorted(lengths), 1):
        rows = min(rank, batch, budget // (length + front))
        most = max(most, rows * length)
    return most
