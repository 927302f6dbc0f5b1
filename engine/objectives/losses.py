"""Losses that several objectives share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.objectives.declaration import ForwardPass, GroupLoss, Values


def cross_entropy(forward: ForwardPass, group: Sequence[Any], _values: Values) -> GroupLoss:
    """Sum of the cross entropies of a micro-batch's label tokens, each times its weight."""
    return GroupLoss(forward.cross_entropy(group))
