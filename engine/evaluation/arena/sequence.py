"""An interval of a share that holds however often one looks: after each vote, and whenever one likes to stop.

A bet on each value x in [0, 1] against the share m pays x p/m + (1 - x)(1 - p)/(1 - m). The expected pay is 1 where m is the
share, whatever p is, so that the mean wealth over many p is a test martingale: it ever reaches 1/alpha with a chance of at most alpha
(Ville 1939). The interval holds every m against which less was won. For wins and losses alone this is the mixture of Robbins (1970,
doi:10.1214/aoms/1177696786) over the binomial; ties are values of 1/2, as bets on bounded means allow (Waudby-Smith & Ramdas 2020,
arXiv:2010.09686; Orabona & Jun 2021, arXiv:2110.14099). Against 1/2 a tie pays 1: it proves nothing, either way.

The pay is log-convex in m, and so are its products and means: what is not refuted is one interval. At m = the mean of the values
nobody has won anything, so the mean lies in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ALPHA = 0.05  # the chance that an interval is ever wrong
EVEN = 0.5  # the share of two that are alike
Values = npt.NDArray[np.float64]
_NODES = (
    511  # the p that are bet on: exactly a Beta(5/2, 5/2) for up to 1,000 values, still fine enough for some 10,000
)
_HALVINGS = 40
_ANGLES = np.arange(1, _NODES + 1) * math.pi / (_NODES + 1)
_P: Values = (1 - np.cos(_ANGLES)) / 2  # of the Gauss-Chebyshev quadrature of the second kind
_LOG_WEIGHTS: Values = np.log(np.sin(_ANGLES) ** 4 / np.sum(np.sin(_ANGLES) ** 4))


def log_pays(value: float, share: float) -> Values:
    """Logarithms of what the bets on one value pay, against one share."""
    return np.asarray(np.log(value * _P / share + (1 - value) * (1 - _P) / (1 - share)))


def log_weights() -> Values:
    """Logarithms of the stakes on each bet; they sum to 1."""
    return _LOG_WEIGHTS.copy()


def log_wealth(kinds: Values, counts: Values, shares: Values) -> Values:
    """The logarithm of what was won against each share.

    Args:
        kinds: the different values.
        counts: how often each was seen, a row for each state.
        shares: that are bet against, between 0 and 1, one for each state.
    """
    for_more, for_less = _P / shares[:, None], (1 - _P) / (1 - shares[:, None])
    logs = np.broadcast_to(_LOG_WEIGHTS, for_more.shape).copy()
    for value, seen in zip(kinds, counts.T, strict=True):
        logs += seen[:, None] * np.log(value * for_more + (1 - value) * for_less)
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.exp(logs - top[:, None]).sum(axis=1)))


def evidence_against(values: Sequence[float], share: float = EVEN) -> float:
    """What was won by betting against a share, as a factor; 1/alpha refutes it at the level alpha."""
    kinds, counts = np.unique(np.asarray(values, float), return_counts=True)
    return math.exp(min(700.0, float(log_wealth(kinds, counts[None, :].astype(float), np.array([share]))[0])))


def intervals(kinds: Values, counts: Values, alpha: float = ALPHA) -> tuple[Values, Values]:
    """The two ends of the interval of each state (a row of `counts`, as `log_wealth` takes it); 0 and 1 where nothing was seen."""
    totals = counts.sum(axis=1)
    means = np.divide(counts @ kinds, totals, out=np.full(len(totals), EVEN), where=totals > 0)
    return _end(kinds, counts, means, 0.0, alpha), _end(kinds, counts, means, 1.0, alpha)


def _end(kinds: Values, counts: Values, means: Values, outer: float, alpha: float) -> Values:
    """By halving: between the mean, which is inside, and 0 or 1."""
    inside, outside = means.copy(), np.full(len(means), outer)
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        refuted = log_wealth(kinds, counts, np.clip(middle, 1e-12, 1 - 1e-12)) >= math.log(1 / alpha)
        outside, inside = np.where(refuted, middle, outside), np.where(refuted, inside, middle)
    return outside


def interval(values: Sequence[float], alpha: float = ALPHA) -> tuple[float, float]:
    """Of a share, from values between 0 and 1 (a tie is 1/2), one for each unit that is independent of the others."""
    kinds, counts = np.unique(np.asarray(values, float), return_counts=True)
    if not len(kinds):
        return 0.0, 1.0
    low, high = intervals(kinds, counts[None, :].astype(float), alpha)
    return float(low[0]), float(high[0])


def intervals_of(states: Sequence[Sequence[float]], alpha: float = ALPHA) -> list[tuple[float, float]]:
    """As `interval`, of several states at once."""
    kinds = np.unique(np.concatenate([np.asarray(state, float) for state in states])) if states else np.zeros(0)
    counts = np.array(
        [[np.count_nonzero(np.asarray(state, float) == kind) for kind in kinds] for state in states], float
    )
    low, high = intervals(kinds, counts.reshape(len(states), len(kinds)), alpha)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def more_needed(values: Sequence[float], alpha: float = ALPHA, most: int = 1000) -> int | None:
    """How many further values like those so far refute that the share is even: 0 where it is refuted, None where `most` would not do.

    The kinds of values go on as often as they came. The wealth's logarithm is convex in their number and 0 at none: it crosses once.
    """
    kinds, counts = np.unique(np.asarray(values, float), return_counts=True)
    total = int(counts.sum())
    if not total:
        return None
    enough = lambda more: _even_refuted(kinds, counts * (1 + more / total), alpha)  # noqa: E731
    if not enough(most):
        return None
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _even_refuted(kinds: Values, counts: Values, alpha: float) -> bool:
    return bool(log_wealth(kinds, counts[None, :], np.array([EVEN]))[0] >= math.log(1 / alpha))


def fewest_needed(alpha: float = ALPHA) -> int:
    """How many values refute that the share is even where all are 1: no fewer ever do."""
    return next(n for n in range(1, 200) if _even_refuted(np.ones(1), np.full(1, float(n)), alpha))
