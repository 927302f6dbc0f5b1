"""The output layer and the cross entropy together, only where there are labels, a chunk at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_CHUNK = 256  # label positions whose logits exist at a time


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Sum of cross entropies, each times its share where there are `shares`. Gradients are made in the forward pass, so that
    no logits are kept."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, shares: Tensor | None) -> Tensor:
        wants_hidden, wants_weight = ctx.needs_input_grad[0], ctx.needs_input_grad[1]
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        grad_hidden = torch.empty_like(hidden) if wants_hidden else None
        grad_weight = torch.zeros_like(weight) if wants_weight else None
        kind = min(
            hidden.dtype, weight.dtype, key=lambda one: one.itemsize
        )  # as autocast would multiply; no wider copy
        matrix = weight.to(kind)
        for start in range(0, len(hidden), _CHUNK):
            part = slice(start, start + _CHUNK)
            states, wanted = hidden[part].to(kind), targets[part, None]
            logits = (states @ matrix.T).float()
            logits.sub_(logits.amax(-1, keepdim=True))  # in place all the way: one such matrix is there at a time
            aimed = logits.gather(1, wanted)
            sums = logits.exp_().sum(-1, keepdim=True)
            losses = sums.log() - aimed
            total += losses.sum() if shares is None else (losses * shares[part, None]).sum()
            if not wants_hidden and not wants_weight:
                continue
            grad = logits.div_(sums)  # softmax ...
            grad.scatter_add_(1, wanted, torch.full_like(sums, -1.0))  # ... minus one at the target
            grad = (grad if shares is None else grad.mul_(shares[part, None])).to(kind)
            if grad_hidden is not None:
                grad_hidden[part] = grad @ matrix
            if grad_weight is not None:
                grad_weight += grad.T @ states
            del logits, grad  # otherwise they stay while the next chunk is made
        ctx.save_for_backward(grad_hidden, grad_weight)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        hidden, weight = ctx.saved_tensors
        scale = grads[0]
        return (
            None if hidden is None else hidden * scale.to(hidden.dtype),
            None if weight is None else weight * scale.to(weight.dtype),
            None,
            None,
        )


def cross_entropy_sum(hidden: Tensor, weight: Tensor, targets: Tensor, counts: Tensor | None = None) -> Tensor:
    """Sum over positions of the cross entropy of `hidden @ weight.T` against `targets`.

    Args:
        counts: how much each position counts, above 0; None where each counts once.
    """
    if counts is None or not len(counts):
        result: Tensor = _ChunkedCrossEntropy.apply(hidden, weight, targets, None)
        return result
    most = counts.max()  # gradients of half precision hold shares, not weights of any size
    result = _ChunkedCrossEntropy.apply(hidden, weight, targets, counts / most)
    return result * most
