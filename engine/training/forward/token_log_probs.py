"""Log-probabilities of labels, each with the gradient of its own: no logits are kept, a chunk of them exists at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_CHUNK = 256  # labels whose logits exist at a time


class _TokenLogProbs(torch.autograd.Function):
    """What each hidden state gets for a gradient of 1 is made in the forward pass and scaled in the backward pass; the gradient of
    a trained head needs the logits once more."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, entropies: Tensor | None) -> Tensor:
        kind = _kind(hidden, weight)
        matrix = weight.to(kind)
        found = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
        slopes = torch.empty_like(hidden, dtype=kind) if ctx.needs_input_grad[0] else None
        for start in range(0, len(hidden), _CHUNK):
            part = slice(start, start + _CHUNK)
            scores, wanted = _log_softmax(hidden[part].to(kind), matrix), targets[part, None]
            found[part] = scores.gather(1, wanted)[:, 0]
            shares = scores.exp()
            if entropies is not None:
                entropies[part] = -(shares * scores).sum(-1)
            del scores
            if slopes is not None:
                slopes[part] = _away(shares, wanted).to(kind) @ matrix
            del shares
        head = (hidden, weight) if ctx.needs_input_grad[1] else (None, None)
        ctx.save_for_backward(slopes, targets, *head)
        return found

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        slopes, targets, hidden, weight = ctx.saved_tensors
        grad = grads[0]
        for_hidden = None if slopes is None else slopes * grad[:, None].to(slopes.dtype)
        for_weight = None if weight is None else _of_head(hidden, weight, targets, grad)
        return for_hidden, for_weight, None, None


def _kind(hidden: Tensor, weight: Tensor) -> torch.dtype:
    """As autocast would multiply: no wider copy of the head."""
    return min(hidden.dtype, weight.dtype, key=lambda one: one.itemsize)


def _log_softmax(states: Tensor, matrix: Tensor) -> Tensor:
    return torch.log_softmax((states @ matrix.T).float(), dim=-1)


def _away(shares: Tensor, wanted: Tensor) -> Tensor:
    """One at the target minus the softmax, in place: the gradient of the log-probability in the logits."""
    shares.neg_()
    return shares.scatter_add_(1, wanted, torch.ones_like(wanted, dtype=shares.dtype))


def _of_head(hidden: Tensor, weight: Tensor, targets: Tensor, grad: Tensor) -> Tensor:
    kind = _kind(hidden, weight)
    matrix, found = weight.to(kind), torch.zeros_like(weight)
    for start in range(0, len(hidden), _CHUNK):
        part = slice(start, start + _CHUNK)
        states = hidden[part].to(kind)
        away = _away(_log_softmax(states, matrix).exp_(), targets[part, None]).mul_(grad[part, None])
        found += away.to(kind).T @ states
    return found


def token_log_probs(
    hidden: Tensor, weight: Tensor, targets: Tensor, *, entropy: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Log-probability of each target under `hidden @ weight.T`, and the entropy of each distribution in nats.

    Args:
        hidden: shape (labels, hidden size).
        weight: of the head, shape (vocabulary, hidden size).
        targets: shape (labels,).
        entropy: whether that is asked for; it carries no gradient.

    Returns:
        both of shape (labels,), fp32; None for the entropy that nobody asked for.
    """
    entropies = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device) if entropy else None
    found: Tensor = _TokenLogProbs.apply(hidden, weight, targets, entropies)
    return found, entropies
