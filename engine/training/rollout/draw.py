"""Which token comes next: drawn by temperature alone, with random numbers that belong to the answer and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.core.errors import Fault

_BLOCK = 256  # tokens whose probabilities are summed first: the sum of each is looked for only where it ends


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
    if temperature <= 0:
        best, found = scores.max(-1)
        _check(best)
        return found
    shares = torch.softmax(scores if temperature == 1 else scores / temperature, dim=-1)
    words = shares.shape[-1]
    if rest := -words % _BLOCK:
        shares = torch.nn.functional.pad(shares, (0, rest))
    blocks = shares.view(len(shares), -1, _BLOCK)
    sums = blocks.sum(-1, dtype=torch.float64).cumsum(-1)
    _check(sums[:, -1])
    wanted = numbers[:, None] * sums[:, -1:]
    block = torch.searchsorted(sums, wanted, right=True).clamp_(max=sums.shape[1] - 1)
    before = torch.where(block > 0, sums.gather(1, (block - 1).clamp(min=0)), 0.0)
    inner = blocks.gather(1, block[..., None].expand(-1, -1, _BLOCK))[:, 0].double().cumsum(-1)
    within = torch.searchsorted(inner, wanted - before, right=True).clamp_(max=_BLOCK - 1)
    return (block * _BLOCK + within)[:, 0].clamp_(max=words - 1)


def _check(sums: Tensor) -> None:
    """Raises Fault where they are no numbers: what is none anywhere shows in the maximum, and in the sum."""
    if not bool(torch.isfinite(sums).all()):
        raise Fault("training.rollout_not_finite")
