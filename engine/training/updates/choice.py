"""The optimizer of a job, as its settings have it: plain, or piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from engine.optimizers.offload import offload
from engine.optimizers.trained_format import trained_format
from engine.training.updates.piecewise import Piecewise


def in_chosen_format(model: nn.Module, training: Mapping[str, Any]) -> None:
    """Trained weights in bf16 where they are to be in nothing else."""
    if not trained_format(training).rounded:
        return
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)


def updating(optimizer: Optimizer, training: Mapping[str, Any]) -> Optimizer:
    """The optimizer as it is, or around it what the format of the weights and the place of the state ask for."""
    held, moved = trained_format(training), offload(training)
    if not held.rounded and not moved.state:
        return optimizer
    return Piecewise(optimizer, rounded=held.rounded, state_in_ram=moved.state, gradients_in_ram=moved.gradients)


def piecewise(optimizer: Any) -> Piecewise | None:
    """The piecewise optimizer within what accelerate has put around it; None where it is another one."""
    found = getattr(optimizer, "optimizer", optimizer)
    return found if isinstance(found, Piecewise) else None
