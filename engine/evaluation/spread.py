"""An order in which each beginning stands for the whole: what is looked at first when there is not time for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def spread(items: Sequence[Item]) -> list[Item]:
    """The same items in an order of which each beginning is spread evenly over all of them (van der Corput's)."""
    bits = max(1, (len(items) - 1).bit_length())
    places = (int(f"{place:0{bits}b}"[::-1], 2) for place in range(2**bits))
    return [items[place] for place in places if place < len(items)]
