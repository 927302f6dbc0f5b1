"""What may have led the voters besides the answers: their length, and where they stood."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.evaluation.arena.sequence import interval
from engine.evaluation.arena.votes import Meeting, Vote, meetings, prompts_of

_ENOUGH = 20  # prompts with a winner, before the length is taken out
_DRAWS, _SEED, _STEPS = 400, 17, 40
_SHRINK = 0.1  # on the logistic's two numbers, so that they stay finite where the length tells all winners
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lean:
    """How often votes went one way, with an interval that holds however often one looks."""

    share: float  # of the votes with a winner
    low: float  # end of the interval
    high: float  # the other end
    prompts: int  # that it was counted on

    @property
    def sure(self) -> bool:
        """It is no chance."""
        return not self.low <= 0.5 <= self.high


@dataclass(frozen=True)
class Adjusted:
    """A win rate among votes with a winner as it would be were both answers equally long."""

    share: float  # of the first model
    low: float  # end of the interval of 95 %, for one look
    high: float  # the other end
    prompts: int  # that it was counted on


def longer_wins(votes: Sequence[Vote]) -> Lean | None:
    """How often the longer of two answers was the better one; None where no vote tells."""
    return _lean(votes, lambda vote, met: vote.lengths[met.first] - vote.lengths[met.second])


def left_wins(votes: Sequence[Vote]) -> Lean | None:
    """How often the answer further left was the better one; None where no vote tells, or the places are not known."""
    return _lean(votes, lambda vote, met: vote.places[met.second] - vote.places[met.first] if vote.places else 0)


def _lean(votes: Sequence[Vote], ahead: Callable[[Vote, Meeting], int]) -> Lean | None:
    """How often the better answer was `ahead` of the other."""
    values = []
    for several in prompts_of(votes).values():
        told = [
            met.score if side > 0 else 1 - met.score
            for vote in several
            for met in meetings(vote)
            if met.score != 0.5 and (side := ahead(vote, met))
        ]
        values += [sum(told) / len(told)] if told else []
    return Lean(sum(values) / len(values), *interval(values), len(values)) if values else None


def adjusted_for_length(votes: Sequence[Vote], one: str, other: str) -> Adjusted | None:
    """The win rate of `one` without the part that follows the length; None of less than 20 prompts, or where lengths never differ.

    A logistic regression on tanh(difference / its standard deviation), read at no difference: what AlpacaEval does (Dubois et al. 2024,
    arXiv:2404.04475), without its terms for models and prompts. The interval comes from drawing the prompts anew.
    """
    rows = []
    for place, several in enumerate(prompts_of(votes).values()):
        told = [
            (place, met.score, vote.lengths[met.first] - vote.lengths[met.second])
            for vote in several
            for met in meetings(vote, one, other)
            if met.score != 0.5
        ]
        rows += [(*row, 1 / len(told)) for row in told]
    prompts = len({row[0] for row in rows})
    table = np.array(rows, float).reshape(-1, 4)
    if prompts < _ENOUGH or not np.ptp(table[:, 2]):
        return None
    found, drawn = _read_level(table)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Adjusted(found, min(found, float(low)), max(found, float(high)), prompts)


def _read_level(table: Numbers) -> tuple[float, Numbers]:
    """The share at no difference of length, of all rows and of draws of the prompts."""
    _, prompt = np.unique(table[:, 0], return_inverse=True)
    many = int(prompt.max()) + 1
    feature = np.tanh(table[:, 2] / table[:, 2].std())
    drawn = np.random.default_rng(_SEED).multinomial(many, np.full(many, 1 / many), size=_DRAWS)
    weights = np.concatenate([np.ones((1, many)), drawn])[:, prompt] * table[:, 3]
    x = np.stack([np.ones_like(feature), feature], axis=1)
    values = np.zeros((len(weights), 2))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-values @ x.T))
        slope = (weights * (table[:, 1] - chance)) @ x - _SHRINK * values
        bend = np.einsum("dr,ri,rj->dij", weights * chance * (1 - chance), x, x) + _SHRINK * np.eye(2)
        values += np.clip(np.linalg.solve(bend, slope[..., None])[..., 0], -2, 2)
    shares = 1 / (1 + np.exp(-values[:, 0]))
    return float(shares[0]), shares[1:]


def bad_share(votes: Sequence[Vote]) -> float | None:
    """How many of the votes said that no answer was good; None without votes."""
    return sum(vote.bad for vote in votes) / len(votes) if votes else None


def rounded_percents(low: float, high: float) -> tuple[int, int]:
    """An interval in whole percents, never narrower than it is."""
    return math.floor(100 * low + 1e-9), math.ceil(100 * high - 1e-9)
