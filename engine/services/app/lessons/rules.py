"""Rules by which lessons tell the better of two answers, and how sure a share of wins or a mean gain is."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from statistics import fmean, stdev

FARTHEST = 3.0  # nats a token from the start, for lessons that learn from a reward
_CLEARLY = 0.9  # of the length of the answer before
_SURE = 1.959964  # standard deviations of 95 %


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


def paired_interval(gains: Sequence[float]) -> tuple[float, float]:
    """95 % of the mean of differences, each of the same question after and before (Student 1908, The probable error of a mean)."""
    if len(gains) < 2:
        return -inf, inf
    mean, half = fmean(gains), student(len(gains) - 1) * stdev(gains) / sqrt(len(gains))
    return mean - half, mean + half


def student(freedom: int) -> float:
    """How many standard errors of so many degrees of freedom are 95 % (Abramowitz and Stegun 1964, 26.7.5): to 0.003 from 5 on."""
    x = _SURE
    first, second = (x**3 + x) / 4, (5 * x**5 + 16 * x**3 + 3 * x) / 96
    third = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    return x + first / freedom + second / freedom**2 + third / freedom**3
