"""Several rewards together: what a job has chosen, and the weighted sum of their scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from engine.rewards.declaration import Answered, Reward, RewardEnv, Scorer


@dataclass(frozen=True)
class ChosenReward:
    """One reward of a job.

    Attributes:
        reward: what was chosen.
        name: what its part of the score is called in charts ("reward/<name>"): its key, with a number from the second on.
        weight: what its score is multiplied by; below 0 it takes away.
        values: of its settings.
    """

    reward: Reward
    name: str
    weight: float = 1.0
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As a spec keeps it."""
        return {"reward": self.reward.key, "weight": self.weight, "values": dict(self.values)}


@dataclass(frozen=True)
class Scored:
    """Scores of a batch.

    Attributes:
        total: the weighted sum for each answer; None where one of the parts could not be said, so that nothing can be learnt of it.
        components: the unweighted scores by the chosen reward's name.
        untold: by name, how many answers it could not score.
    """

    total: list[float | None]
    components: Mapping[str, list[float | None]]
    untold: Mapping[str, int]


class OpenRewards:
    """The rewards of a job, ready to score. Used as a context: what they hold is given back at its end.

    Raises:
        Fault: where one of them cannot work here.
    """

    def __init__(self, chosen: Sequence[ChosenReward], env: RewardEnv) -> None:
        self._stack = ExitStack()
        self._parts: list[tuple[ChosenReward, Scorer]] = []
        try:
            for one in chosen:
                scorer = one.reward.open(one.values, env)
                self._stack.callback(scorer.close)
                self._parts.append((one, scorer))
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> OpenRewards:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the scorers hold."""
        self._stack.close()

    def score(self, batch: Sequence[Answered]) -> Scored:
        """Total and parts of each answer."""
        components = {one.name: _within(scorer.score(batch)) for one, scorer in self._parts}
        return weighted([one for one, _scorer in self._parts], components, len(batch))


def open_rewards(chosen: Sequence[ChosenReward], env: RewardEnv | None = None) -> OpenRewards:
    """The chosen rewards, ready to score. Raises Fault where one of them cannot work here."""
    return OpenRewards(chosen, env or RewardEnv())


def total(opened: OpenRewards, batch: Sequence[Answered]) -> Scored:
    """Weighted sum and parts of the scores of a batch."""
    return opened.score(batch)


def weighted(chosen: Sequence[ChosenReward], components: Mapping[str, list[float | None]], answers: int) -> Scored:
    """The sum of scores that are there, for so many answers."""
    weights = {one.name: one.weight for one in chosen}
    total = [_sum(weights, {name: scores[at] for name, scores in components.items()}) for at in range(answers)]
    untold = {name: count for name, scores in components.items() if (count := scores.count(None))}
    return Scored(total, components, untold)


def range_of(chosen: Sequence[ChosenReward]) -> tuple[float | None, float | None]:
    """The lowest and the highest total that there can be; None where there is no bound."""
    ends = [_ends(one) for one in chosen]
    lowest = [low for low, _high in ends]
    highest = [high for _low, high in ends]
    return (
        None if None in lowest else math.fsum(one for one in lowest if one is not None),
        None if None in highest else math.fsum(one for one in highest if one is not None),
    )


def _ends(one: ChosenReward) -> tuple[float | None, float | None]:
    low, high = (None if end is None else one.weight * end for end in (one.reward.lowest, one.reward.highest))
    return (low, high) if one.weight >= 0 else (high, low)


def _within(scores: Sequence[float | None]) -> list[float | None]:
    """Scores that can be calculated with: what is no number is none."""
    return [None if one is None or not math.isfinite(one) else float(one) for one in scores]


def _sum(weights: Mapping[str, float], parts: Mapping[str, float | None]) -> float | None:
    """A part without weight is shown and counts nothing, whether it has a score or not."""
    parts = {name: score for name, score in parts.items() if weights[name]}
    known = [weights[name] * score for name, score in parts.items() if score is not None]
    return math.fsum(known) if len(known) == len(parts) else None
