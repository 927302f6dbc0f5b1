"""Which token comes next: drawn by temperature alone, with random numbers that belong to the answer and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.core.errors import Fault


def numbers_of(key: Sequence[int], count: int) -> NDArray[np.float64]:
    """Random numbers from 0 to 1 for the tokens of one answer: the same however it is computed.

    Args:
        key: whole numbers that name the answer: seed, step, prompt, number of the answer.
    """
    return np.random.default_rng([one & 0xFFFFFFFF for one in key]).random(count)


def next_tokens(logits: Tensor, temperature: float, numbers: Tensor) -> Tensor:
    """A token for each row: the likeliest at temperature 0, else the one at which the summed probabilities pass the row's number.

    Args:
        logits: shape (rows, vocabulary).
        numbers: shape (rows,), fp64, from 0 to 1.

    Raises:
        Fault: "training.rollout_not_finite" where the model gives no usable numbers.
    """
    scores = logits.float()
    if not bool(torch.isfinite(scores.amax(-1)).all()):  # not a number anywhere shows in the maximum
        raise Fault("training.rollout_not_finite")
    if temperature <= 0:
        return scores.argmax(-1)
    sums = torch.softmax(scores / temperature, dim=-1).double().cumsum(-1)
    wanted = (numbers * sums[:, -1])[:, None]
    found = torch.searchsorted(sums, wanted, right=True)[:, 0]
    return found.clamp_(max=logits.shape[-1] - 1)
