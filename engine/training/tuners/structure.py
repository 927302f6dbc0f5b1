"""Where the parts of a transformer are, found by how it is built rather than by the name of its family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

LINEAR = (nn.Linear, Conv1D)


def plain(model: Any) -> Any:
    """The transformers model without what PEFT put around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def decoder_layers(model: Any) -> nn.ModuleList:
    """The repeated layers of a causal language model. Raises ValueError where there is no list of them."""
    base = plain(model)
    count = base.config.get_text_config(decoder=True).num_hidden_layers
    for child in base.get_decoder().children():
        if isinstance(child, nn.ModuleList) and len(child) == count:
            return child
    raise ValueError(f"{type(base).__name__} has no list of {count} layers")


def layer_linears(layer: nn.Module) -> Iterator[tuple[str, Any]]:
    """(name within the layer, module) of its linear modules."""
    for name, module in layer.named_modules():
        if isinstance(module, LINEAR):
            yield name, module


def final_norm(model: Any) -> nn.Module | None:
    """The norm behind the last layer, where the decoder has one."""
    found = [child for child in plain(model).get_decoder().children() if "Norm" in type(child).__name__]
    return found[-1] if found else None


def is_named(path: str, names: set[str]) -> bool:
    """Whether `path` is one of `names` or ends with one: "self_attn.q_proj" is named by "q_proj"."""
    return any(path == name or path.endswith(f".{name}") for name in names)
