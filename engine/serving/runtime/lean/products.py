"""Products of few rows with large matrices on a processor.

MKL reads a matrix two to three times as fast for a product of up to four rows where it is asked for the transposed result, and oneDNN
calculates many rows twice as fast as MKL does on processors of other makers. Both read the weights where they lie: there is no
second copy of them.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    total = sum(len(weight) for weight in weights)
    blocks = [x.new_empty(total, BLOCK) for _ in range(len(x) // BLOCK)]
    turned = [block.t() for block in x.split(BLOCK)]
    start = 0
    for weight in weights:
        for part in weight.split(max(1, _STAYS // weight.shape[1])) if len(blocks) > 1 else (weight,):
            for block, rows in zip(blocks, turned, strict=True):
                torch.mm(part, rows, out=block[start : start + len(part)])
            start += len(part)
    return blocks[0].t().contiguous() if len(blocks) == 1 else torch.cat([block.t() for block in blocks])


def many(x: Tensor, weight: Tensor) -> Tensor:
    """Rows times one matrix."""
    if not torch.backends.mkldnn.is_available():
        return linear(x, weight)
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
    return found


def product(x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Rows times all of these matrices, side by side; see `few` where rows are whole blocks of a few."""
    if len(x) <= FEW and len(x) % BLOCK == 0:
        return few(x, weights)
    found = [many(x, weight) for weight in weights]
    return found[0] if len(found) == 1 else torch.cat(found, dim=-1)
