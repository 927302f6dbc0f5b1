"""How far two people agree who ranked the same answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from engine.data.rows.intervals import wilson
from engine.shapes.annotation import AgreementView

_FAIR, _GOOD = 0.65, 0.8  # of the pairs
Ranks = Sequence[int]


def tau_b(one: Ranks, other: Ranks) -> float | None:
    """Kendall's tau-b of two rankings, ties allowed (Kendall 1945, doi:10.1093/biomet/33.3.239); None where one ties all."""
    same = opposite = apart_one = apart_other = 0
    for a, b in combinations(range(len(one)), 2):
        first, second = (one[a] > one[b]) - (one[a] < one[b]), (other[a] > other[b]) - (other[a] < other[b])
        apart_one += first != 0
        apart_other += second != 0
        same += first * second > 0
        opposite += first * second < 0
    return None if not apart_one or not apart_other else (same - opposite) / math.sqrt(apart_one * apart_other)


def pairs_agreed(one: Ranks, other: Ranks) -> tuple[int, int]:
    """Pairs that both tell apart, and how many of them in the same order."""
    both = [(a, b) for a, b in combinations(range(len(one)), 2) if one[a] != one[b] and other[a] != other[b]]
    return len(both), sum((one[a] < one[b]) == (other[a] < other[b]) for a, b in both)


def agreement(one: str, other: str, rankings: Mapping[str, Mapping[int, Ranks]]) -> AgreementView:
    """Of two people, over the prompts that both ranked.

    The interval counts prompts, not pairs: the pairs of one prompt are not independent of each other.

    Args:
        rankings: name -> prompt -> ranks; what was passed over is not in it.
    """
    mine, yours = rankings[one], rankings[other]
    shared = sorted(mine.keys() & yours.keys())
    counts = [pairs_agreed(mine[prompt], yours[prompt]) for prompt in shared]
    pairs, agreed = sum(count for count, _ in counts), sum(same for _, same in counts)
    taus = [tau for prompt in shared if (tau := tau_b(mine[prompt], yours[prompt])) is not None]
    told = sum(count > 0 for count, _ in counts)
    share = agreed / pairs if pairs else None
    low, high = (None, None) if share is None else wilson(share * told, told)
    return {
        "one": one, "other": other, "prompts": len(shared), "pairs": pairs, "agreed": agreed, "share": share, "low": low, "high": high,
        "tau": sum(taus) / len(taus) if taus else None, "verdict": _verdict(share, low),
    }  # fmt: skip


def _verdict(share: float | None, low: float | None) -> str:
    if share is None or low is None:
        return "none"
    if low <= 0.5:
        return "chance"
    return "good" if share >= _GOOD else "fair" if share >= _FAIR else "weak"


def agreements(rankings: Mapping[str, Mapping[int, Ranks]]) -> list[AgreementView]:
    """Of every two people who ranked at least one prompt both, those with most in common first."""
    found = [agreement(one, other, rankings) for one, other in combinations(sorted(rankings), 2)]
    return sorted((one for one in found if one["prompts"]), key=lambda one: -one["prompts"])


def together(ranks: Sequence[Ranks]) -> list[int]:
    """One ranking out of several people's: by the mean rank of each answer, equal means are ties (Borda's count)."""
    sums = [sum(column) for column in zip(*ranks, strict=True)]
    places = {total: place for place, total in enumerate(sorted(set(sums)), 1)}
    return [places[total] for total in sums]
