"""Whether votes prove anything yet, and how many more it takes, as a code with numbers that a sentence is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from engine.evaluation.arena.biases import rounded_percents
from engine.evaluation.arena.sequence import ALPHA, interval, more_needed
from engine.evaluation.arena.strengths import groups_of, strengths
from engine.evaluation.arena.votes import Duel, Vote, duel, score_of

Code = Literal["none", "few", "open", "close", "alike", "better", "best", "open_best", "close_best"]
_FEW = 5  # prompts with a winner, below which nothing is foretold
_FAR = 1000  # votes: what takes more is called close
_ALIKE = (0.4, 0.6)  # an interval within these: whoever is ahead is so by little


@dataclass(frozen=True)
class VoteVerdict:
    """What can be said of the models, and no more."""

    code: Code  # names the sentence
    one: str = ""  # hash of who leads, or of the first where nobody does
    other: str = ""  # hash of whom it is compared with: of several, the one that is hardest to tell from it
    models: int = 0  # that are compared
    duel: Duel | None = None  # of these two, as the first did
    low: int = 0  # percent: end of the interval of its win rate
    high: int = 100  # percent: the other end
    more: int = 0  # votes that it takes if it stays like this; with "few", at least


def verdict_of(names: Sequence[str], votes: Sequence[Vote]) -> VoteVerdict:
    """Of models that were compared with each other.

    Of more than two, the best is named where it beats each of the others at the level alpha / (models - 1). To name a wrong one it must
    falsely beat the one that is best, which is one of those pairs: so that happens with a chance of at most alpha, however often one looks.

    Args:
        names: hashes of the models; of several groups the one with most votes counts.
        votes: blind ones, in their order.
    """
    met = _together(names, votes)
    if len(met) < 2:
        return VoteVerdict("none")
    if len(met) == 2:
        return _of_two(duel(votes, met[0], met[1]), met[0], met[1], ALPHA)
    leader = next(one.weights for one in strengths(met, votes, draws=1))
    told = [
        _of_two(duel(votes, leader, other), leader, other, ALPHA / (len(met) - 1)) for other in met if other != leader
    ]
    return _of_several(told, leader, len(met))


def _together(names: Sequence[str], votes: Sequence[Vote]) -> list[str]:
    """The models of the largest group that met, in their order."""
    groups = groups_of(names, votes)
    seen = {
        name for vote in votes if len(set(vote.weights) & set(names)) > 1 for name in vote.weights if name in groups
    }
    counts = {
        group: sum(bool(set(vote.weights) & {n for n in seen if groups[n] == group}) for vote in votes)
        for group in groups.values()
    }
    largest = max(counts, key=lambda group: counts[group], default=-1)
    return [name for name in names if name in seen and groups[name] == largest]


def _of_two(found: Duel, one: str, other: str, alpha: float) -> VoteVerdict:
    if found.share < 0.5:
        return _of_two(turned(found), other, one, alpha)
    ends = interval(found.values, alpha)
    low, high = rounded_percents(*ends)
    more, decisive = more_needed(found.values, alpha, _FAR), sum(value != 0.5 for value in found.values)
    code: Code = "open"
    if more == 0:
        code = "better"
    elif ends[0] >= _ALIKE[0] and ends[1] <= _ALIKE[1]:
        code = "alike"
    elif decisive < _FEW:
        code, more = "few", _at_least(found.values, alpha)
    elif more is None:
        code, more = "close", _FAR
    return VoteVerdict(code, one, other, 2, found, low, high, more or 0)


def turned(found: Duel) -> Duel:
    """The same votes, as the other one did."""
    values, *states = (tuple(1 - value for value in state) for state in (found.values, *found.states))
    return Duel(values, tuple(states), found.after, found.losses, found.wins, found.ties)


def _at_least(values: Sequence[float], alpha: float) -> int:
    """How many more votes it takes where all of them go to the one who leads."""
    return next(more for more in range(1, 200) if more_needed([*values, *[1.0] * more], alpha, 0) == 0)


def _of_several(told: Sequence[VoteVerdict], leader: str, models: int) -> VoteVerdict:
    """The hardest pair of the leader decides."""
    rank = {"better": 0, "few": 1, "open": 1, "alike": 2, "close": 2}
    hardest = max(told, key=lambda one: (rank[one.code], one.more))
    code: Code = {0: "best", 1: "open_best", 2: "close_best"}[rank[hardest.code]]  # type: ignore[assignment]
    found = hardest.duel
    other = hardest.other if hardest.one == leader else hardest.one
    shown = found if found is None or hardest.one == leader else turned(found)
    low, high = (hardest.low, hardest.high) if hardest.one == leader else (100 - hardest.high, 100 - hardest.low)
    return VoteVerdict(code, leader, other, models, shown, low, high, hardest.more)


def pairs_that_met(names: Sequence[str], votes: Sequence[Vote]) -> list[tuple[str, str]]:
    """Every two of the models that some vote compares."""
    return [pair for pair in combinations(names, 2) if any(score_of(vote, *pair) is not None for vote in votes)]
