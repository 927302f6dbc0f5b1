"""How like two jobs are, so that what one of them measured counts for the other as far as they are."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

AGED = 0.4  # weight of a measurement over that of the next newer one
_OTHER = 0.6  # likeness of two settings that are no numbers and differ
_LEAST = 0.05


def likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """1 for the same settings, less for each one that differs; never 0."""
    found = 1.0
    for key, value in other.items():
        if one.get(key) != value:
            found *= _alike(one.get(key), value)
    for key in one.keys() - other.keys():
        found *= _alike(one[key], None)
    return max(_LEAST, found)


def _alike(a: Any, b: Any) -> float:
    numbers = [float(x) for x in (a, b) if isinstance(x, int | float) and not isinstance(x, bool) and x > 0]
    return max(_OTHER, sqrt(min(numbers) / max(numbers))) if len(numbers) == 2 else _OTHER
