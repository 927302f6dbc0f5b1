"""What a rule of the doctor sees, and what it says."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import Any, TypeAlias

WINDOW = 5  # points that are taken together: single steps are noise


@dataclass(frozen=True)
class Ailment:
    """Something that goes wrong.

    Attributes:
        code: its sentence is `event.doctor_<code>`.
        params: numbers that the sentence names.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class History:
    """The numbers and sample answers of a job so far.

    Attributes:
        highest: the highest reward that there can be; None where there is no such bound.
        rewarded: names of the chosen rewards.
        thumbs: good and bad answers among the examples.
        series: numbers by name, in the order of steps.
        samples: answers to the fixed questions by step and place.
    """

    highest: float | None = None
    rewarded: frozenset[str] = frozenset()
    thumbs: tuple[int, int] = (0, 0)
    series: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    samples: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, values: Mapping[str, float | None]) -> None:
        """The numbers of one step."""
        for name, value in values.items():
            if value is not None and math.isfinite(value):
                self.series[name].append(float(value))

    def has(self, least: int, *names: str) -> bool:
        """Whether there are so many points of each."""
        return all(len(self.series.get(name, ())) >= least for name in names)

    def first(self, name: str, points: int = WINDOW) -> float:
        """The mean of its first points."""
        return fmean(self.series[name][:points])

    def last(self, name: str, points: int = WINDOW) -> float:
        """The mean of its latest points."""
        return fmean(self.series[name][-points:])

    def windows(self, name: str) -> list[float]:
        """The means of its windows, one after the other; the latest is whole."""
        values = self.series[name]
        start = len(values) % WINDOW
        return [fmean(values[place : place + WINDOW]) for place in range(start, len(values), WINDOW)]

    def noise(self, name: str) -> float:
        """How much the mean of a window wavers by chance: from the differences of neighbours, which a slow change does not move."""
        values = self.series[name]
        steps = [two - one for one, two in itertools.pairwise(values)]
        return pstdev(steps) / math.sqrt(2 * WINDOW) if len(steps) > 1 else math.inf


Rule: TypeAlias = Callable[[History], "Ailment | None"]


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's, -1 to 1; 0 where one of them does not change."""
    mean, mean_other = fmean(one), fmean(other)
    both = sum((a - mean) * (b - mean_other) for a, b in zip(one, other, strict=True))
    sizes = math.sqrt(sum((a - mean) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))
    return both / sizes if sizes > 0 else 0.0
