"""Attention over several examples packed in one row: each is worked through by itself, so none sees another.

Exact, needs no padding and no mask, and costs nothing for pairs of tokens of different examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from engine.devices.cpu import CPU

NAME = "tunesmith_segments"
_BENT = ("position_bias", "softcap")  # options of scores that are not plain products


@dataclass(frozen=True)
class Run:
    """Sequences behind each other, perhaps behind tokens that all of them read.

    Attributes:
        shared: tokens in front.
        parts: tokens of each sequence.
    """

    shared: int
    parts: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.shared + sum(self.parts)


_runs: list[Run] = []
_masks: dict[Any, Tensor] = {}  # of the runs, by their sizes


def _attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    sliding_window: int | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    sizes = [run.tokens for run in _runs]
    outputs: list[Tensor] = []
    for run, q, k, v in zip(_runs, query.split(sizes, 2), key.split(sizes, 2), value.split(sizes, 2), strict=True):
        outputs += _attend(module, run, q, k, v, sliding_window, options)
    return torch.cat(outputs, dim=1), None


def _attend(
    module: Any, run: Run, query: Tensor, key: Tensor, value: Tensor, width: int | None, options: dict[str, Any]
) -> Iterator[Tensor]:
    """What each sequence of a run reads: the tokens in front and itself. Shapes (batch, tokens, heads, size of a head)."""
    cuts = [run.shared, *run.parts] if run.shared else list(run.parts)
    pieces = list(zip(query.split(cuts, 2), key.split(cuts, 2), value.split(cuts, 2), strict=True))
    front = pieces[0] if run.shared else None
    for number, (q, k, v) in enumerate(pieces):
        if front is not None and number:
            k, v = torch.cat([front[1], k], dim=2), torch.cat([front[2], v], dim=2)
        mask = _mask(q, k.shape[2], width)
        if (
            mask is not None
            and q.device.type == CPU.torch_name
            and not any(options.get(one) is not None for one in _BENT)
        ):
            yield _grouped(q, k, v, mask, options)
        else:
            yield sdpa_attention_forward(module, q, k, v, mask, **options)[0]


def _grouped(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, options: dict[str, Any]) -> Tensor:
    """As the library has it, but heads that share keys and values do so also where there is a mask: processors can."""
    dropout, scale = options.get("dropout") or 0.0, options.get("scaling")
    found = nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, dropout_p=dropout, scale=scale, enable_gqa=True
    )
    return found.transpose(1, 2).contiguous()


def _mask(query: Tensor, keys: int, width: int | None) -> Tensor | None:
    """What is added to the scores of the keys that each query reads, where it is not simply those up to itself: behind a front, or
    in a sliding window. Every layer has the same ones."""
    length = query.shape[2]
    if length == keys and (width is None or length <= width):
        return None
    asked = (length, keys, width, query.device, query.dtype)
    if asked not in _masks:
        place = torch.arange(keys, device=query.device)
        distance = place[keys - length :, None] - place[None, :]
        seen = distance >= 0 if width is None else (distance >= 0) & (distance < width)
        mask = torch.zeros(seen.shape, dtype=query.dtype, device=query.device).masked_fill_(~seen, float("-inf"))
        _masks[asked] = mask[None, None]
    return _masks[asked]


@contextmanager
def segments(config: Any, runs: Sequence[Run]) -> Iterator[None]:
    """While this is open, the model of `config` takes one row of these runs of sequences (also when recomputing)."""
    before = config._attn_implementation
    _runs[:] = runs
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before
        _runs.clear()
        _masks.clear()


AttentionInterface.register(NAME, _attention)
