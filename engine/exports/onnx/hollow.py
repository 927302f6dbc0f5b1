"""Models that take no memory: every parameter is one number, seen at all its places. Only their graph is wanted."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer
from transformers.initialization import no_init_weights

from engine.core.errors import Fault

_TOLD = "model.json"
_PLAIN = (DynamicLayer, DynamicSlidingWindowLayer)


@dataclass(frozen=True)
class CacheSizes:
    """What a layer keeps of each token that it has read.

    Attributes:
        heads: how many keys, and as many values.
        keys: numbers of one key.
        values: numbers of one value.
    """

    heads: int
    keys: int
    values: int


def tell_model(model: Any, folder: Path) -> None:
    """Write to `folder` what `hollow_model` needs of a model: its class, its settings, the sizes of its cache.

    Raises:
        Fault: "export.other_state", where it remembers what it has read as something else than keys and values.
    """
    told = {
        "module": type(model).__module__,
        "name": type(model).__name__,
        "cache": [asdict(sizes) for sizes in cache_sizes(model)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    (folder / _TOLD).write_text(json.dumps(told), encoding="utf-8")


@torch.inference_mode()
def cache_sizes(model: Any) -> list[CacheSizes]:
    """Of every layer, by what it keeps of two tokens. Raises Fault("export.other_state")."""
    found = model(input_ids=torch.ones(1, 2, dtype=torch.long), use_cache=True).past_key_values
    layers = getattr(found, "layers", [])
    if not layers or not all(type(layer) in _PLAIN for layer in layers):
        raise Fault("export.other_state", family=str(model.config.model_type))
    return [CacheSizes(layer.keys.shape[1], layer.keys.shape[3], layer.values.shape[3]) for layer in layers]


def hollow_model(folder: Path, dtype: torch.dtype) -> tuple[Any, list[CacheSizes]]:
    """A model of that class, whose parameters hold nothing (they are NaN) and whose other tensors are as they should be."""
    told = json.loads((folder / _TOLD).read_text(encoding="utf-8"))
    kind = getattr(importlib.import_module(told["module"]), told["name"])
    config = kind.config_class.from_pretrained(folder)
    with _hollow_parameters(), no_init_weights():
        model = kind._from_config(config, attn_implementation="eager", dtype=dtype)
    model.tie_weights()
    return model.eval().requires_grad_(False), [CacheSizes(**sizes) for sizes in told["cache"]]


@contextmanager
def _hollow_parameters() -> Iterator[None]:
    """Parameters that are registered within lose their memory at once."""
    register = nn.Module.register_parameter

    def emptied(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None and parameter.numel() > 1 and any(parameter.stride()):
            nothing = torch.full((), torch.nan, dtype=parameter.dtype).expand(parameter.shape)
            parameter = nn.Parameter(nothing, requires_grad=False)
        register(module, name, parameter)

    nn.Module.register_parameter = emptied  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]
