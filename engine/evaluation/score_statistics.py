"""Numbers about scores: who leads and how sure that is, how they spread, and whether they only follow the length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from engine.data.rows.intervals import wilson


class WinShare(TypedDict):
    """A share with its interval."""

    share: float  # 0 to 1; ties count half
    low: float  # of the 95 % interval
    high: float  # of it
    wins: int  # more
    ties: int  # equal
    count: int  # of all


class Bars(TypedDict):
    """A histogram."""

    edges: list[float]  # one more than bars
    counts: list[int]  # of each bar


def wins_of(first: Sequence[float], second: Sequence[float]) -> WinShare | None:
    """How often the first score leads the second, with its interval; None of nothing."""
    count = len(first)
    if not count:
        return None
    wins = sum(one > other for one, other in zip(first, second, strict=True))
    ties = sum(one == other for one, other in zip(first, second, strict=True))
    low, high = wilson(wins + ties / 2, count)
    return {"share": (wins + ties / 2) / count, "low": low, "high": high, "wins": wins, "ties": ties, "count": count}


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's: 1 where both order everything alike, -1 the other way round; None where one of them is the same everywhere."""
    ranks = [_ranks(np.asarray(values, float)) for values in (first, second)]
    if len(first) < 3 or any(np.ptp(one) == 0 for one in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Places in order, equal values sharing the mean of theirs."""
    _unique, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[places]


def edges_of(values: Sequence[float], bars: int = 20) -> list[float]:
    """Borders of so many bars of one width over all values."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bars + 1).tolist()  # type: ignore[no-any-return]


def bars_of(values: Sequence[float], edges: Sequence[float]) -> Bars:
    """How many values lie in each bar."""
    counts, _ = np.histogram(np.asarray(values, float), bins=np.asarray(edges))
    return {"edges": list(edges), "counts": counts.tolist()}
