"""Stochastic rounding from fp32 to bf16: up or down by chance, so that the mean is right.

A change smaller than half a step of bf16 is lost when every sum is rounded to the nearest number; by chance it is kept as
often as its size deserves (Gupta et al. 2015, arXiv:1502.02551; Zamirai et al. 2020, arXiv:2010.06192).
"""

from __future__ import annotations

import torch
from torch import Tensor

_CUT = 16  # bits of fp32's fraction that bf16 lacks


def rounded_by_chance(values: Tensor) -> Tensor:
    """The same numbers in bf16. Chance is torch's own on that device, so a resumed job rounds as one that went on."""
    bits = values.contiguous().view(torch.int32)
    chance = torch.randint(0, 1 << _CUT, bits.shape, dtype=torch.int32, device=bits.device)
    chance.add_(bits).bitwise_and_(-(1 << _CUT))
    return chance.view(torch.float32).to(torch.bfloat16)
