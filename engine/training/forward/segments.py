"""Attention over several examples packed in one row: each is worked through by itself, so none sees another.

Exact, needs no padding and no mask, and costs nothing for pairs of tokens of different examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME = "tunesmith_segments"
_lengths: list[int] = []


def _attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    sliding_window: int | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    parts = zip(query.split(_lengths, 2), key.split(_lengths, 2), value.split(_lengths, 2), strict=True)
    outputs = [sdpa_attention_forward(module, q, k, v, _window(q, sliding_window), **options)[0] for q, k, v in parts]
    return torch.cat(outputs, dim=1), None


def _window(query: Tensor, width: int | None) -> Tensor | None:
    """The causal mask of a sliding window; None where the example is not longer than it."""
    length = query.shape[2]
    if width is None or length <= width:
        return None
    place = torch.arange(length, device=query.device)
    distance = place[:, None] - place[None, :]
    return ((distance >= 0) & (distance < width))[None, None]


@contextmanager
def segments(config: Any, lengths: Sequence[int]) -> Iterator[None]:
    """While this is open, the model of `config` takes one row of examples of these lengths (also when recomputing)."""
    before = config._attn_implementation
    _lengths[:] = lengths
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before
        _lengths.clear()


AttentionInterface.register(NAME, _attention)
