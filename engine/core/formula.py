"""Numbers put into words that need no language, for the expert's line of an item of an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Counted:
    """An amount of memory and how it is calculated.

    Attributes:
        bytes: the amount.
        formula: its calculation with its numbers; the same in every language.
    """

    bytes: float
    formula: str


@dataclass(frozen=True)
class Basis:
    """A share of the quality that can be reached, and where it is from.

    Attributes:
        share: from 0 to 1.
        source: paper, documentation or table that says so.
    """

    share: float
    source: str


def number(value: float) -> str:
    """1234567 -> "1.23 M"; small whole numbers stay as they are."""
    for size, unit in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:.4g}"


def times(*factors: float | str) -> str:
    """A product: times(134.5e6, "4 B") -> "134.5 M × 4 B"."""
    return " × ".join(factor if isinstance(factor, str) else number(factor) for factor in factors)


def plus(parts: Sequence[str]) -> str:
    """A sum."""
    return " + ".join(parts)
