"""What a ranking of several answers says: pairs, thumbs, and the row of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from engine.data.rows.row import ANSWERS, Row

Which = Literal["adjacent", "all", "best_worst"]
_OWN = (ANSWERS, "ranks", "scores")


def pairs_in(ranks: Sequence[int], which: str) -> list[tuple[int, int]]:
    """Places of (better, worse) answers; ties give none.

    Args:
        which: "adjacent" (each answer with those of the next rank), "all", or "best_worst" (the first of the best, the last of the worst).
    """
    order = sorted(set(ranks))
    if len(order) < 2:
        return []
    if which == "best_worst":
        worst = len(ranks) - 1 - list(reversed(ranks)).index(order[-1])
        return [(list(ranks).index(order[0]), worst)]
    levels = [[place for place, rank in enumerate(ranks) if rank == level] for level in order]
    steps = pairwise(levels) if which == "adjacent" else _all_levels(levels)
    return [(better, worse) for above, below in steps for better in above for worse in below]


def _all_levels(levels: list[list[int]]) -> list[tuple[list[int], list[int]]]:
    return [(above, below) for at, above in enumerate(levels) for below in levels[at + 1 :]]


def pair_of(row: Mapping[str, Any], better: int, worse: int) -> Row:
    """The preference row of two answers of a ranking, with what else the ranking's row holds; a margin where scores differ."""
    made = {key: value for key, value in row.items() if key not in _OWN}
    made |= {"chosen": row[ANSWERS][better], "rejected": row[ANSWERS][worse]}
    scores = row.get("scores")
    if scores and scores[better] > scores[worse]:
        made["margin"] = scores[better] - scores[worse]
    return made


def thumbs_of(row: Mapping[str, Any]) -> list[Row]:
    """The best answers with a thumb up, the worst with a thumb down; those between, and answers that are all alike, give none."""
    ranks, rest = row["ranks"], {key: value for key, value in row.items() if key not in _OWN}
    ends = {min(ranks): True, max(ranks): False} if len(set(ranks)) > 1 else {}
    return [
        {**rest, "completion": answer, "label": ends[rank]}
        for answer, rank in zip(row[ANSWERS], ranks, strict=True)
        if rank in ends
    ]


def thumbs_down(row: Mapping[str, Any]) -> list[Row]:
    """Every answer with a thumb down: none of them was good."""
    rest = {key: value for key, value in row.items() if key not in _OWN}
    return [{**rest, "completion": answer, "label": False} for answer in row[ANSWERS]]
