"""Few points that draw the same line as many."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[int, float]
MOST_POINTS = 1_500


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` of the points: the first, the last, and the lowest and highest of each stretch."""
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    stretches = max(1, (most - 2) // 2)
    kept = [points[0]]
    for number in range(stretches):
        part = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        low, high = (pick(part, key=lambda point: point[1]) for pick in (min, max))
        kept += [low] if low == high else sorted((low, high))
    return [*kept, points[-1]]


def downsample(points: Sequence[Point], most: int = MOST_POINTS) -> list[list[float]]:
    """As `thinned`, in the form that pages take."""
    return [[step, value] for step, value in thinned(points, most)]
