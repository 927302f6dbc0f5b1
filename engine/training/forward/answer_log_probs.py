"""How likely the model rates the answers of examples, without learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.objectives.answer_sums import answer_sums
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward


def sums_of_answers(
    model: nn.Module,
    forward: Forward,
    examples: Sequence[Example],
    budget: int,
    autocast: Callable[[], AbstractContextManager[Any]],
    between_groups: Callable[[], None],
) -> list[NDArray[np.float32]]:
    """Sums of the log-probabilities of the labels of each sequence, shape (sequences,) an example, in the order of the examples."""
    found: dict[int, NDArray[np.float32]] = {}
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for group in forward.groups(examples, budget, whole=True):
                with forward.session(group), autocast():
                    sums = answer_sums(forward.read(group).log_probs, group)
                _hand_out(sums.cpu().numpy(), group, found)
                between_groups()
    finally:
        model.train(training)
    return [found[id(example)] for example in examples]


def _hand_out(sums: NDArray[np.float32], group: Sequence[Example], found: dict[int, NDArray[np.float32]]) -> None:
    first = 0
    for example in group:
        count = len(example.label_counts)
        found[id(example)] = sums[first : first + count]
        first += count
