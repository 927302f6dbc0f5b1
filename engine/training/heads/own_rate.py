"""The head learns with a rate of its own: it begins from nothing, while everything else is only adapted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer

from engine.objectives.heads import HEAD_RATE
from engine.training.heads.scalar import head_of


def with_own_rate(optimizer: Optimizer, model: nn.Module, training: Mapping[str, Any]) -> Optimizer:
    """The same optimizer, in which the model's head is a group of its own; untouched where there is no head.

    Args:
        optimizer: that has not taken a step yet, made for all trained parameters of the model.
    """
    head = head_of(model)
    if head is None:
        return optimizer
    own = set(head.parameters())
    for group in optimizer.param_groups:
        group["params"] = [one for one in group["params"] if one not in own]
    optimizer.add_param_group(
        {"params": list(head.parameters()), "lr": float(training[HEAD_RATE.key]), "weight_decay": 0.0}
    )
    return optimizer
