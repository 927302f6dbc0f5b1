"""Which token comes next."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from engine.core.errors import Fault
from engine.serving.protocol import Shaping

_FEW = 1024  # tokens that are put in order before all of them are


def shaped(logits: torch.Tensor, shaping: Shaping, said: Sequence[int]) -> torch.Tensor:
    """The scores with what was asked to be added, and less for tokens that the answer has already.

    As OpenAI's reference has it: score - times * frequency_penalty - (times > 0) * presence_penalty.
    """
    penalised = bool(said) and bool(shaping.presence_penalty or shaping.frequency_penalty)
    if not penalised and not shaping.bias:
        return logits
    scores = logits.float().clone()
    for token, add in shaping.bias:
        if token < len(scores):
            scores[token] += add
    if penalised:
        tokens, times = torch.tensor(said, device=scores.device).unique(return_counts=True)
        scores[tokens] -= times * shaping.frequency_penalty + shaping.presence_penalty
    return scores


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
