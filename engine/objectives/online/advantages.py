"""How much better than expected an answer, or a token of it, was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


_SMALLEST = 1e-4  # beside a deviation that is divided by
_FLAT = 1e-7  # a smaller deviation is none
_WHITE = 1e-8


def is_flat(rewards: NDArray[Any]) -> bool:
    """Whether answers to one prompt got the same, so that none of them is better than another."""
    import numpy as np

    return len(rewards) < 2 or float(np.std(rewards.astype(np.float64), ddof=1)) < _FLAT


def group_advantages(rewards: NDArray[Any], *, scaled: bool) -> Numbers:
    """By how much each answer to one prompt beats their mean (Shao et al. 2024, DeepSeekMath, arXiv:2402.03300, section 4.1.2).

    Args:
        scaled: in deviations of the group, with n - 1; Liu et al. 2025 (Dr. GRPO, arXiv:2503.20783) leave that out.
    """
    import numpy as np

    rewards = rewards.astype(np.float64)
    centred = rewards - rewards.mean()
    return centred / (rewards.std(ddof=1) + _SMALLEST) if scaled else centred


def gae(rewards: Numbers, values: Numbers, discount: float, decay: float) -> Numbers:
    """Generalised advantage estimates of the tokens of one answer (Schulman et al. 2016, arXiv:1506.02438, equation 16).

    Args:
        rewards, values: of each token; behind the last one nothing is expected any more.
    """
    import numpy as np

    found, ahead, following = np.zeros(len(rewards)), 0.0, 0.0
    for place in range(len(rewards) - 1, -1, -1):
        ahead = rewards[place] + discount * following - values[place] + discount * decay * ahead
        found[place], following = ahead, values[place]
    return found


def whitened(numbers: Numbers) -> Numbers:
    """With mean 0 and variance 1, of which n - 1 is the divisor."""
    import numpy as np

    if len(numbers) < 2:
        return numbers
    return (numbers - numbers.mean()) / np.sqrt(numbers.var(ddof=1) + _WHITE)


def explained_variance(returns: Numbers, values: Numbers) -> float:
    """Which share of the differences between returns the values foresaw: 1 is all, 0 what their mean would; may be below 0."""
    whole = float(returns.var())
    return 0.0 if whole < _WHITE else 1.0 - float((returns - values).var()) / whole


def kl_terms(log_probs: NDArray[Any], reference: NDArray[Any], kind: str) -> Numbers:
    """Estimates of the KL divergence to the reference for each token that the model drew, in nats.

    Args:
        kind: "k1", the difference of log-probabilities, or "k3", never below 0 (Schulman 2020,
            http://joschu.net/blog/kl-approx.html).
    """
    import numpy as np

    apart = log_probs.astype(np.float64) - reference.astype(np.float64)
    return apart if kind == "k1" else np.exp(-apart) + apart - 1


def adapted_coefficient(coefficient: float, kl: float, target: float, *, gain: float = 0.1) -> float:
    """The weight of the KL term for the next rollout (Ziegler et al. 2019, arXiv:1909.08593, section 2.2).

    Args:
        kl: as measured with the present weight.
    """
    error = min(0.2, max(-0.2, kl / target - 1))
    return coefficient * (1 + gain * error)


def cut(numbers: NDArray[Any], counts: Sequence[int]) -> list[NDArray[Any]]:
    """Numbers of labels, by the answers that they belong to."""
    import numpy as np

    return np.split(numbers, np.cumsum(counts)[:-1])
