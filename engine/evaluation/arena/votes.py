"""Votes on answers, and what they say of two models: one value for each prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np


@dataclass(frozen=True)
class Vote:
    """What one person thinks of the answers to one prompt."""

    prompt_key: str  # names the prompt: votes on the same one are no independent evidence
    weights: tuple[str, ...]  # hash of what gave each answer
    ranks: tuple[int, ...]  # of the answers, 1 is best; equal ones are ties
    lengths: tuple[int, ...]  # characters of each answer
    places: tuple[int, ...] = ()  # where each answer stood, from the left; empty where that is not known
    bad: bool = False  # none of the answers was good
    blind: bool = True  # the names were hidden
    best_alone: bool = False  # only who is best was said: nothing is known of two that are not


@dataclass(frozen=True)
class Meeting:
    """Two answers of different models that one vote tells about."""

    first: int  # place of an answer in the vote
    second: int  # place of the other one
    score: float  # 1 where the first is better, 0 where it is worse, 1/2 for a tie


def meetings(vote: Vote, one: str = "", other: str = "") -> list[Meeting]:
    """Every two answers of different models; with names, those of these two, the first being of `one`."""
    wanted = {one, other} if one else None
    found = []
    for a, b in combinations(range(len(vote.ranks)), 2):
        pair = {vote.weights[a], vote.weights[b]}
        if len(pair) < 2 or (wanted is not None and pair != wanted):
            continue
        if vote.best_alone and vote.ranks[a] == vote.ranks[b] != 1:
            continue
        first, second = (b, a) if wanted is not None and vote.weights[a] != one else (a, b)
        ahead = vote.ranks[second] - vote.ranks[first]
        found.append(Meeting(first, second, 0.5 + 0.5 * ((ahead > 0) - (ahead < 0))))
    return found


def score_of(vote: Vote, one: str, other: str) -> float | None:
    """How one model did against another in a vote, from 0 to 1; None where they did not meet."""
    if one not in vote.weights or other not in vote.weights:
        return None
    found = meetings(vote, one, other)
    return sum(meeting.score for meeting in found) / len(found) if found else None


@dataclass(frozen=True)
class Duel:
    """What votes say of two models, as the first of them did."""

    values: tuple[float, ...]  # one for each prompt: the mean of its votes, in the order of the first ones
    states: tuple[tuple[float, ...], ...]  # the values after each vote; only some, the last among them
    after: tuple[int, ...]  # how many votes each state has
    wins: int  # votes in which it did better
    losses: int  # votes in which it did worse
    ties: int  # votes in which neither did

    @property
    def votes(self) -> int:
        """How many there are."""
        return self.wins + self.losses + self.ties

    @property
    def share(self) -> float:
        """Its win rate, ties counted half; each prompt counts once."""
        return float(np.mean(self.values)) if self.values else 0.5


def duel(votes: Sequence[Vote], one: str, other: str, states: int = 1) -> Duel:
    """Of two models.

    Args:
        votes: in the order in which they were given.
        states: how many looks back there are at most.
    """
    scored = [(vote.prompt_key, score) for vote in votes if (score := score_of(vote, one, other)) is not None]
    scores = [score for _, score in scored]
    looks = {len(scored), *(round(place) for place in np.linspace(1, len(scored), min(states, len(scored))))} - {0}
    kept = dict(_running(scored, looks))
    return Duel(
        values=next(reversed(kept.values()), ()),
        states=tuple(kept.values()),
        after=tuple(kept),
        wins=sum(score > 0.5 for score in scores),
        losses=sum(score < 0.5 for score in scores),
        ties=sum(score == 0.5 for score in scores),
    )


def _running(scored: Sequence[tuple[str, float]], looks: Set[int]) -> Iterator[tuple[int, tuple[float, ...]]]:
    """The values after so many votes, at the looks."""
    sums: dict[str, tuple[float, int]] = {}
    for many, (key, score) in enumerate(scored, 1):
        total, count = sums.get(key, (0.0, 0))
        sums[key] = (total + score, count + 1)
        if many in looks:
            yield many, tuple(total / count for total, count in sums.values())


def prompts_of(votes: Sequence[Vote]) -> dict[str, list[Vote]]:
    """The votes by what they are about."""
    found: dict[str, list[Vote]] = {}
    for vote in votes:
        found.setdefault(vote.prompt_key, []).append(vote)
    return found
