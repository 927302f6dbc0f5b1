"""Which token comes next."""

from __future__ import annotations

import math

import torch

from engine.core.errors import Fault


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
        return int(torch.multinomial(probabilities, 1, generator=generator))
    ordered, tokens = probabilities.sort(descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    kept = torch.where(before < top_p, ordered, torch.zeros_like(ordered))
    return int(tokens[torch.multinomial(kept, 1, generator=generator)])
