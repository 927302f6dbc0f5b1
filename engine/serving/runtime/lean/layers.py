"""What a model of a common family consists of: its own modules, found by their places, whatever the family is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import rms_norm, silu
from transformers import DynamicCache

from engine.serving.runtime.lean.lora_rows import LoraRows
from engine.serving.runtime.lean.products import product
from engine.serving.runtime.lean.trial import stackable

_TRUNK = {"embed_tokens", "layers", "norm", "rotary_emb"}
_LAYER = {"self_attn", "mlp", "input_layernorm", "post_attention_layernorm"}
_ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}
_SILU = {"SiLU", "SiLUActivation"}
_GATED = {"gate_proj", "up_proj", "down_proj", "act_fn"}


@dataclass(frozen=True)
class Matrices:
    """Linear modules that read the same rows, whose results stand side by side.

    Attributes:
        names: places of the modules in the model.
        modules: these.
    """

    names: tuple[str, ...]
    modules: tuple[Any, ...]

    @cached_property
    def sizes(self) -> list[int]:
        """Numbers that each of them gives a row."""
        return [int(module.out_features) for module in self.modules]

    @cached_property
    def _plain(self) -> bool:
        return all(type(module) is nn.Linear for module in self.modules)

    @cached_property
    def _weights(self) -> list[Tensor]:
        """The parameters themselves: what is put in their place for a while is put into them."""
        return [module.weight for module in self.modules]

    @cached_property
    def _biased(self) -> bool:
        return any(module.bias is not None for module in self.modules)

    def __call__(self, x: Tensor, adapters: LoraRows | None) -> Tensor:
        """Of rows (rows, in)."""
        if self._plain:
            found = product(x, self._weights)
            if self._biased:
                found += torch.cat([_bias(module) for module in self.modules])
        else:
            found = torch.cat([_through(module, x) for module in self.modules], dim=-1)
        return found if adapters is None else adapters.add(self.names, self.sizes, x, found)


def _through(module: Any, x: Tensor) -> Tensor:
    """A module of another kind, such as one with an adapter of its own, is called as it is."""
    if type(module) is not nn.Linear:
        found: Tensor = module(x)
        return found
    found = product(x, [module.weight])
    return found if module.bias is None else found.add_(module.bias)


def _bias(module: Any) -> Tensor:
    bias: Tensor | None = module.bias
    return module.weight.new_zeros(module.out_features) if bias is None else bias


def normed(module: Any, x: Tensor) -> Tensor:
    """Through a norm of the model."""
    eps = getattr(module, "variance_epsilon", None)
    if eps is None or type(module).__name__.startswith("Gemma"):
        found: Tensor = module(x)
        return found
    return rms_norm(x, x.shape[-1:], module.weight, eps)


@dataclass(frozen=True)
class LeanLayer:
    """One layer.

    Attributes:
        attention: the model's module, for its norms of queries and keys, and its scale.
        qkv: queries, keys and values.
        out: what follows attention.
        gated: gate and up; None where the model's own module is called.
        down: what follows them.
        mlp: the model's module.
        act: what makes a gate of numbers; gives a tensor of its own.
        before: the norm in front of attention.
        between: the norm in front of `mlp`.
        number: of its keys and values in a cache.
    """

    attention: Any
    qkv: Matrices
    out: Matrices
    gated: Matrices | None
    down: Matrices | None
    mlp: Any
    act: Callable[[Tensor], Tensor]
    before: Any
    between: Any
    number: int

    @property
    def matrices(self) -> list[Matrices]:
        """All that adapters may change."""
        return [one for one in (self.qkv, self.out, self.gated, self.down) if one is not None]


@dataclass(frozen=True)
class LeanParts:
    """A model of a family that is known.

    Attributes:
        trunk: its `embed_tokens`, `norm` and `rotary_emb`.
        layers: its layers.
        head: what tells tokens from states.
        head_dim: numbers of a head.
    """

    trunk: Any
    layers: tuple[LeanLayer, ...]
    head: Matrices
    head_dim: int

    @property
    def linear_names(self) -> set[str]:
        """Places of all matrices that adapters may change."""
        groups = [self.head, *(group for layer in self.layers for group in layer.matrices)]
        return {name for group in groups for name in group.names}


def parts_of(model: Any) -> LeanParts | None:
    """The parts of a model; None where it is built otherwise."""
    trunk, head = getattr(model, "model", None), getattr(model, "lm_head", None)
    if trunk is None or not isinstance(head, nn.Linear) or _children(trunk) != _TRUNK:
        return None
    if _children(model) != {"model", "lm_head"} or not stackable(DynamicCache(config=model.config)):
        return None
    layers = [_layer(layer, f"model.layers.{number}", number) for number, layer in enumerate(trunk.layers)]
    known = [layer for layer in layers if layer is not None]
    if not known or len(known) != len(layers):
        return None
    return LeanParts(trunk, tuple(known), Matrices(("lm_head",), (head,)), int(known[0].attention.head_dim))


def _layer(layer: Any, place: str, number: int) -> LeanLayer | None:
    if _children(layer) != _LAYER or not hasattr(layer.self_attn, "head_dim"):
        return None
    inside = _children(layer.self_attn)
    if not _ATTENTION <= inside <= _ATTENTION | {"q_norm", "k_norm"}:
        return None
    gated = _children(layer.mlp) == _GATED
    attention, mlp = f"{place}.self_attn", f"{place}.mlp"
    return LeanLayer(
        layer.self_attn,
        _matrices(layer.self_attn, attention, ("q_proj", "k_proj", "v_proj")),
        _matrices(layer.self_attn, attention, ("o_proj",)),
        _matrices(layer.mlp, mlp, ("gate_proj", "up_proj")) if gated else None,
        _matrices(layer.mlp, mlp, ("down_proj",)) if gated else None,
        layer.mlp,
        silu if type(getattr(layer.mlp, "act_fn", None)).__name__ in _SILU else getattr(layer.mlp, "act_fn", silu),
        layer.input_layernorm,
        layer.post_attention_layernorm,
        number,
    )


def _matrices(module: Any, place: str, names: Sequence[str]) -> Matrices:
    return Matrices(tuple(f"{place}.{name}" for name in names), tuple(getattr(module, name) for name in names))


def _children(module: Any) -> set[str]:
    return {name for name, _ in module.named_children()}
