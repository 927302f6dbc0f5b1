"""Weights in 8 bits for chats on a processor: a scale for each row of a matrix, products in bf16 (PyTorch's own kernel).

Only the weights lose bits (Dettmers et al. 2022, arXiv:2208.07339, sections 2 and 3, for why inputs in 8 bits are worse: a
few of them are a hundred times the others). Measured beside torch's dynamic quantisation, which rounds inputs too:
docs/playground.md.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.core.hardware import cpu
from engine.training.limits.memory_use import give_back

_BLOCK = 64  # the kernel reads beyond matrices whose sides are no multiple of its blocks
_FEW_ROWS = 8  # more are multiplied by a matrix that is unpacked for them
_LARGEST = 127


class EightBits(nn.Linear):
    """A linear module that holds its matrix in 8 bits; inputs and outputs keep their number format.

    Attributes:
        packed: the matrix, rounded to whole numbers from -127 to 127, its rows filled up to whole blocks.
        scales: what a row of it is multiplied with, in bf16.
        wide: the number format in which many rows are multiplied: bf16 without units of its own is far slower than fp32.
    """

    packed: torch.Tensor
    scales: torch.Tensor

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.wide = _wide()
        self.register_parameter("bias", linear.bias)
        matrix = linear.weight.detach().float()
        scales = (matrix.abs().amax(1) / _LARGEST).clamp(min=1e-12).bfloat16()
        rounded = (matrix / scales.float()[:, None]).round_().clamp_(-_LARGEST, _LARGEST).to(torch.int8)
        more = -self.out_features % _BLOCK
        self.register_buffer("packed", functional.pad(rounded, (0, 0, 0, more)))
        self.register_buffer("scales", functional.pad(scales, (0, more)))

    @property
    def weight(self) -> torch.Tensor:  # type: ignore[override]
        """The matrix in fp32, made anew each time: for adapters that need its numbers (DoRA's lengths, rotations)."""
        return (self.packed.float() * self.scales.float()[:, None])[: self.out_features]

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """See `nn.Linear`."""
        rows = input.reshape(-1, self.in_features)
        if rows.shape[0] <= _FEW_ROWS:
            made = torch.ops.aten._weight_int8pack_mm(rows.bfloat16().contiguous(), self.packed, self.scales)
        else:
            made = functional.linear(rows.to(self.wide), self.packed.to(self.wide)) * self.scales
        made = made[:, : self.out_features].to(input.dtype).view(*input.shape[:-1], self.out_features)
        return made if self.bias is None else made + self.bias


@cache
def _wide() -> torch.dtype:
    return torch.bfloat16 if cpu().bf16 else torch.float32


def pack(model: Any) -> Any:
    """`model` with its plain linear modules in 8 bits, its head too; the embedding and all that is no matrix stay as they are."""
    for name, module in list(model.named_modules()):
        if type(module) is nn.Linear and module.in_features % _BLOCK == 0:
            model.set_submodule(name, EightBits(module))
    give_back()
    return model


def packed(model: Any) -> bool:
    """Whether weights of the model are in 8 bits: what is read at once then changes roundings."""
    return any(isinstance(module, EightBits) for module in model.modules())
