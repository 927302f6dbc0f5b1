"""How sure a share is that was counted on few."""

from __future__ import annotations

import math

_Z = 1.959964  # of an interval of 95 %


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Interval of 95 % of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Args:
        trials: more than 0; it may be an effective number.
    """
    share, z2 = successes / trials, _Z * _Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)
