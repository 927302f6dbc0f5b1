"""Whether the values of a column are labels: a few short ones that come up again and again, not texts of their own."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST = 60  # characters of a label
MOST = 100  # different labels
_RARE = 20  # of so many values one may be longer
_OFTEN = 2  # how often each comes up, on average


def are_labels(counts: Mapping[str, int]) -> bool:
    """Told by how often each value was seen, rows without one left aside."""
    filled, different = sum(counts.values()), len(counts)
    alone = sum(count == 1 for count in counts.values())
    long = sum(count for value, count in counts.items() if len(value) > LONGEST)
    return 2 <= different <= MOST and different * _OFTEN <= filled and alone * 2 <= different and long * _RARE <= filled
