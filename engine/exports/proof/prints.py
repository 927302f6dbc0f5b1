"""A hash of all the numbers of a model, whatever library holds them. It needs torch alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch


def print_of(tensors: Iterable[torch.Tensor]) -> str:
    """Of the numbers of every tensor as fp32 holds them; their names and their order do not matter, and tied ones count once."""
    return hashlib.sha256("".join(sorted({_print(tensor) for tensor in tensors})).encode()).hexdigest()


def _print(tensor: torch.Tensor) -> str:
    wide = tensor.detach().float() if tensor.is_floating_point() else tensor.detach()
    data = wide.contiguous().reshape(-1).view(torch.uint8).numpy()
    return hashlib.blake2b(data, digest_size=16).hexdigest()
