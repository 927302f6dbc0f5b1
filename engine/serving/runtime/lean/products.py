"""Products of few rows with large matrices on a processor.

MKL reads a matrix two to three times as fast for a product of up to four rows where it is asked for the transposed result, and oneDNN
calculates many rows twice as fast as MKL does on processors of other makers. Both read the weights where they lie: there is no
second copy of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import linear

BLOCK = 4  # rows of one quick product: of every batch, so that a row gets the same numbers alone and in company
FEW = 2 * BLOCK  # rows that go through blocks; more are many
_STAYS = 1 << 20  # numbers of a matrix that are still in the processor's cache when the next block asks for them


def padded(rows: int) -> int:
    """Rows with those that fill up the last block."""
    return -(-rows // BLOCK) * BLOCK


def few(x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Rows times all of these matrices, side by side.

    Args:
        x: (whole blocks of rows, in), contiguous.
        weights: each (out, in).
    """
    if x.shape[0] == BLOCK:
        return _block(x, weights)
    if sum(weight.numel() for weight in weights) <= _STAYS:
        return torch.cat([_block(block, weights) for block in x.split(BLOCK)])
    parts = [part for weight in weights for part in weight.split(max(1, _STAYS // weight.shape[1]))]
    found = [torch.cat([torch.mm(part, block.t()).t() for block in x.split(BLOCK)]) for part in parts]
    return torch.cat(found, dim=-1)


def _block(x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    turned = x.t()
    if len(weights) == 1:
        return torch.mm(weights[0], turned).t().contiguous()
    sizes = [weight.shape[0] for weight in weights]
    found, start = x.new_empty(sum(sizes), BLOCK), 0
    for weight, size in zip(weights, sizes, strict=True):
        torch.mm(weight, turned, out=found[start : start + size])
        start += size
    return found.t().contiguous()


def many(x: Tensor, weight: Tensor) -> Tensor:
    """Rows times one matrix."""
    if not _has_onednn():
        return linear(x, weight)
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
    return found


@cache
def _has_onednn() -> bool:
    """Whether oneDNN is in this build of torch and does what is asked of it here."""
    try:
        rows, weight = torch.eye(16), torch.arange(256.0).view(16, 16)
        found = torch.ops.mkldnn._linear_pointwise(rows, weight, None, "none", [], "")
    except Exception:  # other processors have other builds
        return False
    return torch.equal(found, weight.t())


def product(x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Rows times all of these matrices, side by side; see `few` where rows are whole blocks of a few."""
    if x.shape[0] <= FEW and x.shape[0] % BLOCK == 0:
        return few(x, weights)
    found = [many(x, weight) for weight in weights]
    return found[0] if len(found) == 1 else torch.cat(found, dim=-1)
