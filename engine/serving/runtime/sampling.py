"""Which token comes next."""

from __future__ import annotations

import math

import torch

from engine.core.errors import Fault

_FEW = 1024  # tokens that are put in order before all of them are


def next_token(logits: torch.Tensor, temperature: float, top_p: float, generator: torch.Generator) -> int:
    """The likeliest token at temperature 0, else one drawn from the smallest set of tokens that holds `top_p` of the probability.

    Raises:
        Fault: "chat.not_finite" when the model gives no usable numbers.
    """
    scores = logits.float().cpu()
    if not math.isfinite(scores.max()):  # not a number anywhere shows in the maximum
        raise Fault("chat.not_finite")
    if temperature <= 0:
        return int(scores.argmax())
    probabilities = torch.softmax(scores / temperature, dim=-1)
    if top_p >= 1:
        return _drawn(probabilities, generator)
    ordered, tokens = _likeliest(probabilities, top_p)
    before = ordered.cumsum(-1) - ordered
    return int(tokens[_drawn(torch.where(before < top_p, ordered, torch.zeros_like(ordered)), generator)])


def _likeliest(probabilities: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities from the largest down, and their tokens: at least as many as hold that share. Few are enough, as a rule."""
    if len(probabilities) > _FEW:
        some = probabilities.topk(_FEW)
        if float(some.values.sum()) > share:
            return some.values, some.indices
    return probabilities.sort(descending=True, stable=True)


def _drawn(weights: torch.Tensor, generator: torch.Generator) -> int:
    """A place, as often as its weight says."""
    sums = weights.double().cumsum(-1)
    at = torch.rand(1, dtype=torch.float64, generator=generator) * sums[-1]
    return min(int(torch.searchsorted(sums, at, right=True)), len(weights) - 1)
