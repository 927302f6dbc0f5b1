"""The loss of rows that are not learnt from, and what the objective says of them besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from engine.objectives.declaration import Means, Objective, Values
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward


@dataclass(frozen=True)
class HeldOutMeans:
    """Means over held-out examples.

    Attributes:
        loss: of the objective.
        weight: what the examples count together.
        others: further numbers of the objective, by the key of a chart.
    """

    loss: float
    weight: float
    others: Mapping[str, float] = field(default_factory=dict)

    def and_of(self, more: HeldOutMeans) -> HeldOutMeans:
        """The same over these and further examples."""
        weight = self.weight + more.weight

        def both(one: float, other: float) -> float:
            return (one * self.weight + other * more.weight) / (weight or 1.0)

        others = {key: both(value, more.others.get(key, value)) for key, value in self.others.items()}
        return HeldOutMeans(both(self.loss, more.loss), weight, others)


def mean_loss(
    model: nn.Module,
    objective: Objective,
    values: Values,
    forward: Forward,
    examples: Sequence[Example],
    budget: int,
    autocast: Callable[[], AbstractContextManager[Any]],
    between_groups: Callable[[], None],
) -> HeldOutMeans:
    """Means over the examples by what they count, without training; calls `between_groups()` in between."""
    total, weight = 0.0, sum(map(objective.weigh, examples))
    sums = Means()
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for group in forward.groups(examples, budget, whole=objective.whole):
                with forward.session(group), autocast():
                    found = objective.loss(forward, group, values)
                    total += float(found.total)
                sums.add(found)
                between_groups()
    finally:
        model.train(training)
    return HeldOutMeans(total / (weight or 1), weight, sums.over(weight))
