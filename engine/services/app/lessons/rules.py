"""Rules by which lessons tell the better of two answers, and how sure a share of wins is."""

from __future__ import annotations

from math import sqrt

_CLEARLY = 0.9  # of the length of the answer before
_SURE = 1.96  # standard deviations of 95 %


def shorter(before: str, after: str) -> float:
    """The answer after the lesson is clearly shorter, and says something."""
    one, other = len(before.strip()), len(after.strip())
    if not other:
        return 0.0
    return 1.0 if other <= _CLEARLY * one else 0.0 if one <= _CLEARLY * other else 0.5


def interval(wins: float, asked: int) -> tuple[float, float]:
    """95 % of a share of wins (Wilson 1927, Probable inference, the law of succession, and statistical inference)."""
    if not asked:
        return 0.0, 1.0
    share, square = wins / asked, _SURE**2 / asked
    middle = share + square / 2
    half = _SURE * sqrt(share * (1 - share) / asked + square / (4 * asked))
    return (middle - half) / (1 + square), (middle + half) / (1 + square)
