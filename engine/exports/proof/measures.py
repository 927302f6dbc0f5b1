"""How far two distributions of the next token are apart. numpy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Natural logarithms of probabilities, over the last axis."""
    wide = logits.astype(np.float64)
    wide -= wide.max(-1, keepdims=True)
    found: NDArray[np.float64] = wide - np.log(np.exp(wide).sum(-1, keepdims=True))
    return found


def divergence(expected: NDArray[np.floating], found: NDArray[np.floating]) -> NDArray[np.float64]:
    """Kullback-Leibler divergence KL(expected || found) at each place, in nats; both are logarithms of probabilities.

    Infinite where `found` holds what is no number, or rules out what is expected.
    """
    share = np.exp(expected.astype(np.float64))
    with np.errstate(invalid="ignore"):
        terms = np.where(share > 0, share * (expected - found.astype(np.float64)), 0.0)
    apart = terms.sum(-1)
    result: NDArray[np.float64] = np.where(np.isnan(apart), np.inf, np.maximum(apart, 0.0))
    return result
