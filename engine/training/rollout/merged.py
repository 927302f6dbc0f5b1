"""Adapters inside the weights for the time of writing: one product for each matrix instead of three, and afterwards every number is
where it was, bit for bit.

Only where the sum is exact up to fp32 rounding: plain LoRA on matrices in fp32. All else writes with its adapter beside.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn

from engine.training.limits.limits import out_of_memory

_log = logging.getLogger(__name__)


@contextmanager
def merged(model: nn.Module) -> Iterator[int]:
    """Within it the plain LoRA layers are merged; how many. Nothing may be trained within it."""
    kept: list[tuple[Any, Tensor]] = []
    try:
        try:
            for layer in _plain_layers(model):
                kept.append((layer, _merge(layer)))
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            _log.info("No room for merged weights: the adapter stays beside")
            _put_back(kept)
        yield len(kept)
    finally:
        _put_back(kept)


def _plain_layers(model: nn.Module) -> list[Any]:
    """All LoRA layers, where each can be merged exactly; else none: a mixture would be hard to reason about."""
    layers = [layer for layer in model.modules() if isinstance(layer, LoraLinear)]
    return layers if all(map(_is_plain, layers)) else []


def _is_plain(layer: Any) -> bool:
    if len(layer.active_adapters) != 1 or layer.merged or layer.disable_adapters:
        return False
    name, base = layer.active_adapters[0], layer.base_layer
    bias = layer.lora_B[name].bias is not None
    return (
        type(base) is nn.Linear and base.weight.dtype is torch.float32 and not layer.lora_variant.get(name) and not bias
    )


@torch.no_grad()
def _merge(layer: Any) -> Tensor:
    """Put the sum in the place of the matrix, and return the matrix."""
    weight: Tensor = layer.base_layer.weight.data
    name = layer.active_adapters[0]
    down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
    layer.base_layer.weight.data = torch.addmm(
        weight, up.to(weight.dtype), down.to(weight.dtype), alpha=layer.scaling[name]
    )
    layer.merged_adapters.append(name)
    return weight


def _put_back(kept: list[tuple[Any, Tensor]]) -> None:
    while kept:
        layer, weight = kept.pop()
        layer.base_layer.weight.data = weight
        layer.merged_adapters.clear()
