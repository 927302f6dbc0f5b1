"""Logits of two models in one process, compared: did merging change what is said?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from engine.core.errors import Fault

TOLERANCE = 1e-4  # fp32 logits, relative to the largest one where that is above 1
_KEPT = 32  # tokens of a prompt: a vocabulary of 256,000 makes 1 MB of each
Logits = list[torch.Tensor]


@torch.inference_mode()
def logits_of(model: Any, inputs: Sequence[Sequence[int]]) -> Logits:
    """The model's logits at the last tokens of every input, which stand for all before them, in fp32."""
    return [
        model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0, -_KEPT:].float().clone() for ids in inputs
    ]


def difference(expected: Logits, found: Logits) -> float:
    """The largest difference, relative to the largest expected logit where that is above 1; infinite for no numbers."""
    largest = max(1.0, *(float(logits.abs().max()) for logits in expected))
    worst = max(float((a - b).abs().max()) for a, b in zip(expected, found, strict=True))
    return worst / largest if worst == worst else float("inf")


def same_logits(code: str, expected: Logits, found: Logits) -> float:
    """How far they are apart. Raises a fault of that code beyond the tolerance."""
    off = difference(expected, found)
    if not off <= TOLERANCE:
        raise Fault(code, difference=f"{off:.2g}", tolerance=f"{TOLERANCE:g}")
    return off
