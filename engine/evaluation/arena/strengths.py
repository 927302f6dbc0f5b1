"""Strengths of several models from votes: Bradley-Terry with ties, and how sure they are.

The model is Davidson's (1970, doi:10.1080/01621459.1970.10481082): a wins : b wins : tie = s_a : s_b : n sqrt(s_a s_b); without ties
it is that of Bradley and Terry (1952, doi:10.1093/biomet/39.3-4.324). In the logarithms of s and n it is log-linear, so its likelihood is
concave and Newton's method finds the maximum. Each model has won and lost half a meeting against an imagined one of strength 0, so
that who is undefeated has a finite strength; n has seen half a tie in one meeting of equals.

Intervals come from drawing the prompts anew with all their votes (Efron 1979, doi:10.1214/aos/1176344552). Where all votes on a pair went
one way, every draw says the same; so none is narrower than the curvature of the likelihood says (1.96 standard errors).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from engine.evaluation.arena.votes import Vote, prompts_of, score_of

POINTS = 400 / np.log(10)  # of a strength's logarithm, as in chess: 400 points are odds of ten to one
Numbers = npt.NDArray[np.float64]
_DRAWS, _SEED, _Z = 400, 17, 1.959964
_IMAGINED = 0.5  # wins, and losses, against an imagined model
_STEPS, _NEAR, _LONGEST = 60, 1e-10, 2.0


@dataclass(frozen=True)
class Strength:
    """How strong one model is among those that it was compared with, directly or by way of others."""

    weights: str  # of the model
    group: int  # models of different groups were never compared
    points: float  # 0 is the mean of the group
    low: float  # end of the interval of 95 %, for one look
    high: float  # the other end
    rank: int  # within the group: 1 and those of the group whose interval lies wholly above
    prompts: int  # it met others on


def groups_of(names: Sequence[str], votes: Sequence[Vote]) -> dict[str, int]:
    """Which models are tied together by comparisons: name -> number of the group."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for vote in votes:
        there = [name for name in vote.weights if name in parent]
        for name in there[1:]:
            parent[root(name)] = root(there[0])
    numbers: dict[str, int] = {}
    return {name: numbers.setdefault(root(name), len(numbers)) for name in names}


def outcomes(names: Sequence[str], votes: Sequence[Vote]) -> tuple[list[tuple[int, int]], Numbers]:
    """The pairs that met, and by prompt and pair the shares of its votes that the first won, the second won, and that were ties."""
    prompts, pairs = list(prompts_of(votes).values()), list(combinations(range(len(names)), 2))
    table = np.zeros((len(prompts), len(pairs), 3))
    for row, several in enumerate(prompts):
        for column, (a, b) in enumerate(pairs):
            scores = [score for vote in several if (score := score_of(vote, names[a], names[b])) is not None]
            for score in scores:
                table[row, column] += np.array([_over(score), _over(1 - score), 1 - abs(2 * score - 1)]) / len(scores)
    met = [column for column in range(len(pairs)) if table[:, column].any()]
    return [pairs[column] for column in met], table[:, met]


def _over(score: float) -> float:
    return max(0.0, 2 * score - 1)


def fit(count: int, pairs: Sequence[tuple[int, int]], seen: Numbers, imagined: float = _IMAGINED) -> Numbers:
    """Logarithms of the strengths, and behind them that of n.

    Args:
        count: of models.
        seen: by draw and pair: how often the first won, the second won, and neither.
        imagined: wins and losses of each model against one of strength 0; with 0 the strengths of the undefeated are not finite.

    Returns:
        By draw: one for each model, then that of ties.
    """
    draws, ties = len(seen), bool(seen[..., 2].any())
    values = np.zeros((draws, count + 1))  # the last one is of ties
    a, b = (np.array([pair[side] for pair in pairs], dtype=int) for side in (0, 1))
    for _ in range(_STEPS):
        slope, bend = _derivatives(values, a, b, seen, ties, imagined)
        step = np.linalg.solve(bend + 1e-9 * np.eye(count + 1), slope[..., None])[..., 0]
        step *= np.minimum(1.0, _LONGEST / np.maximum(np.abs(step).max(axis=1, keepdims=True), _NEAR))
        values += step
        if np.abs(step).max() < _NEAR:
            break
    return values


def _derivatives(
    values: Numbers, a: npt.NDArray[np.int_], b: npt.NDArray[np.int_], seen: Numbers, ties: bool, imagined: float
) -> tuple[Numbers, Numbers]:
    """The slope of the log-likelihood, and its second derivatives with the sign turned."""
    draws, size = values.shape
    slope, bend = np.zeros((draws, size)), np.zeros((draws, size, size))
    first, _second, tie = _chances(values[:, a], values[:, b], values[:, -1:], ties)
    met, ahead = seen.sum(axis=2), first + tie / 2
    surplus = seen[..., 0] + seen[..., 2] / 2 - met * ahead
    spread, mixed = met * (first + tie / 4 - ahead**2), met * tie * (0.5 - ahead)
    for column, (one, other) in enumerate(zip(a, b, strict=True)):
        slope[:, one] += surplus[:, column]
        slope[:, other] -= surplus[:, column]
        for row, sign in ((one, 1), (other, -1)):
            bend[:, row, one] += sign * spread[:, column]
            bend[:, row, other] -= sign * spread[:, column]
            bend[:, row, -1] += sign * mixed[:, column]
            bend[:, -1, row] += sign * mixed[:, column]
    slope[:, -1] = (seen[..., 2] - met * tie).sum(axis=1) if ties else 0.0
    bend[:, -1, -1] = (met * tie * (1 - tie)).sum(axis=1)
    _imagine(values, slope, bend, ties, imagined)
    return slope, bend


def _chances(one: Numbers, other: Numbers, between: Numbers, ties: bool) -> tuple[Numbers, Numbers, Numbers]:
    """That the first wins, that the second does, and of a tie."""
    half = np.exp((one - other) / 2)
    tie = np.broadcast_to(np.exp(between), half.shape) if ties else np.zeros_like(half)
    total = half + 1 / half + tie
    return half / total, 1 / half / total, tie / total


def _imagine(values: Numbers, slope: Numbers, bend: Numbers, ties: bool, imagined: float) -> None:
    """Add what was not seen: half a win and half a loss of each model, half a tie of equals."""
    size = values.shape[1] - 1
    places = np.arange(size)
    wins = 1 / (1 + np.exp(-values[:, :size]))
    slope[:, :size] += imagined * (1 - 2 * wins)
    bend[:, places, places] += 2 * imagined * wins * (1 - wins)
    if ties:
        tie = np.exp(values[:, -1]) / (2 + np.exp(values[:, -1]))
        slope[:, -1] += imagined - 2 * imagined * tie
        bend[:, -1, -1] += 2 * imagined * tie * (1 - tie)
    else:
        bend[:, -1, -1] = 1.0


def strengths(names: Sequence[str], votes: Sequence[Vote], draws: int = _DRAWS, seed: int = _SEED) -> list[Strength]:
    """Of each model, the strongest of each group first. A prompt counts once for each pair of models, however many voted on it."""
    pairs, table = outcomes(names, votes)
    if not pairs:
        return []
    groups = groups_of(names, votes)
    chosen = np.random.default_rng(seed).multinomial(len(table), np.full(len(table), 1 / len(table)), size=draws)
    seen = np.concatenate([np.ones((1, len(table))), chosen]) @ table.reshape(len(table), -1)
    fitted = fit(len(names), pairs, seen.reshape(draws + 1, len(pairs), 3))
    points = POINTS * _centred(fitted[:, :-1].copy(), names, groups)
    half = POINTS * _half_width(fitted[:1], pairs, seen[:1].reshape(1, len(pairs), 3), names, groups)
    low, high = np.quantile(points[1:], (0.025, 0.975), axis=0)
    low, high = np.minimum(low, points[0] - half), np.maximum(high, points[0] + half)
    met = [
        int(table[:, [k for k, pair in enumerate(pairs) if i in pair]].any(axis=(1, 2)).sum())
        for i in range(len(names))
    ]
    found = []
    for i, name in enumerate(names):
        ends = float(low[i]), float(high[i])
        above = sum(low[j] > high[i] for j in range(len(names)) if groups[names[j]] == groups[name])
        found.append(Strength(name, groups[name], float(points[0, i]), *ends, 1 + int(above), met[i]))
    return sorted((one for one in found if one.prompts), key=lambda one: (one.group, -one.points))


def _half_width(
    values: Numbers, pairs: Sequence[tuple[int, int]], seen: Numbers, names: Sequence[str], groups: dict[str, int]
) -> Numbers:
    """Half the interval of 95 % of each strength about the mean of its group, by the curvature of the likelihood."""
    a, b = (np.array([pair[side] for pair in pairs], dtype=int) for side in (0, 1))
    _, bend = _derivatives(values, a, b, seen, bool(seen[..., 2].any()), _IMAGINED)
    spread = np.linalg.inv(bend[0])[:-1, :-1]
    about = _centred(np.eye(len(names)), names, groups)  # symmetric: takes the mean of each group away
    return np.asarray(_Z * np.sqrt(np.einsum("ij,jk,ik->i", about, spread, about)))


def _centred(values: Numbers, names: Sequence[str], groups: dict[str, int]) -> Numbers:
    of = np.array([groups[name] for name in names])
    for group in set(of.tolist()):
        values[:, of == group] -= values[:, of == group].mean(axis=1, keepdims=True)
    return values
