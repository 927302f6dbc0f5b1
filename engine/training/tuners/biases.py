"""Bias vectors that were trained on top of linear modules, as biases of a plain model that says in its config that it has them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from peft.tuners.beft import BeftLayer
from torch import nn
from transformers import AutoModelForCausalLM

from engine.core.errors import Fault

_SWITCHES = ("attention_bias", "mlp_bias")


def merge_biases(model: Any) -> Any:
    """The plain model of a PEFT model with trained biases. Raises Fault("bitfit.no_place") where its family has none there."""
    base = model.get_base_model()
    trained = {name: module for name, module in base.named_modules() if isinstance(module, BeftLayer)}
    switches = _switches(base, {name for name, layer in trained.items() if layer.get_base_layer().bias is None})
    for layer in trained.values():
        _give_bias(layer.get_base_layer())
    merged = model.merge_and_unload(safe_merge=True)
    merged.config.update(switches)
    for name in _with_bias(merged.config) if switches else ():
        _give_bias(merged.get_submodule(name))
    return merged


def _switches(base: Any, wanted: set[str]) -> dict[str, bool]:
    """What the config must say for the modules `wanted` to have a bias; nothing where they all have one."""
    if not wanted:
        return {}
    switches = {key: True for key in _SWITCHES if hasattr(base.config, key)}
    config = copy.deepcopy(base.config)
    config.update(switches)
    missing = wanted - _with_bias(config)
    if missing:
        names = sorted({name.rpartition(".")[2] for name in missing})
        raise Fault("bitfit.no_place", family=base.config.model_type, names=names)
    return switches


def _with_bias(config: Any) -> set[str]:
    """Linear modules that have a bias in a model of this config. Builds the model without its numbers."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    found = ((name, module) for name, module in model.named_modules() if isinstance(module, nn.Linear))
    return {name for name, module in found if module.bias is not None}


def _give_bias(module: Any) -> None:
    """A bias of zeros, where there is none."""
    if module.bias is None:
        weight = module.weight
        module.bias = nn.Parameter(torch.zeros(len(weight), dtype=weight.dtype, device=weight.device))
