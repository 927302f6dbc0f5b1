"""Adapters of one base put together with weights, by PEFT, on the processor in fp32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.models.tuned.results import ADAPTER_WEIGHTS
from engine.serving.runtime.loading import load_adapter
from engine.training.merging.ways import MergeWay

_MERGED = "merged"
Heed = Callable[[], None]


@dataclass(frozen=True)
class MergePart:
    """One of the adapters that are merged.

    Attributes:
        folder: its files.
        weight: how much of it goes in; less than 0 takes away what it learnt.
    """

    folder: Path
    weight: float


def load_parts(base: Any, parts: Sequence[MergePart], heed: Heed) -> Any:
    """The base with all of the adapters on it, which answers as the sum of them, each times its weight.

    Args:
        heed: is called between the adapters; what it raises ends the work.
    """
    model = base
    names = _names(parts)
    for name, part in zip(names, parts, strict=True):
        heed()
        model = load_adapter(model, part.folder, name)
    model.base_model.set_adapter(names)
    for layer in _layers(model):
        for name, part in zip(names, parts, strict=True):
            if name in layer.scaling:
                layer.scaling[name] *= part.weight
    return model


def write_merged(model: Any, parts: Sequence[MergePart], way: MergeWay, rank: int, target: Path, heed: Heed) -> None:
    """Write what `load_parts` made into `target`, as one adapter of that rank.

    Args:
        heed: is called between the modules; what it raises ends the work.
    """
    from peft import get_peft_model_state_dict

    names = _names(parts)
    for name in names:  # the merged adapter takes its settings from the first; its matrices hold all the strength
        config = model.peft_config[name]
        config.use_rslora, config.init_lora_weights, config.lora_dropout = False, True, 0.0
    ones = [1.0] * len(parts)  # `load_parts` put the weights into the scalings
    model.base_model.add_weighted_adapter(names, ones, _MERGED, combination_type=way.combination)
    config = model.peft_config[_MERGED]
    state = get_peft_model_state_dict(model, adapter_name=_MERGED, save_embedding_layers=False)
    if way.rank == "chosen":
        state = _compressed(state, rank, heed)
        config.r = config.lora_alpha = rank
    model.delete_adapter(_MERGED)
    config.inference_mode = True
    save_file(
        {name: one.contiguous() for name, one in state.items()}, target / ADAPTER_WEIGHTS, metadata={"format": "pt"}
    )
    config.save_pretrained(str(target))


def answer_as(model: Any, folder: Path) -> Any:
    """The same base with the adapter of `folder` alone."""
    load_adapter(model, folder, _MERGED)
    model.base_model.set_adapter([_MERGED])
    return model


def _names(parts: Sequence[MergePart]) -> list[str]:
    return [f"part-{number}" for number in range(len(parts))]


def _layers(model: Any) -> Iterator[Any]:
    from peft.tuners.lora.layer import LoraLayer

    return (module for module in model.modules() if isinstance(module, LoraLayer))


def _compressed(state: Mapping[str, Tensor], rank: int, heed: Heed) -> dict[str, Tensor]:
    """The best approximation of that rank of each product of two matrices.

    It is the one of a singular value decomposition of the product, which is never formed: the thin ones of its factors hold all of
    it, so that a layer of a large model takes milliseconds instead of minutes.
    """
    found: dict[str, Tensor] = {}
    for name, down in state.items():
        if "lora_A" not in name and "lora_embedding_A" not in name:
            continue
        heed()
        other = name.replace("lora_A", "lora_B").replace("lora_embedding_A", "lora_embedding_B")
        found[name], found[other] = _nearest(down, state[other], rank)
    return found


def _nearest(down: Tensor, up: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """(rank x inputs, outputs x rank); what is missing of the rank is nothing."""
    left, outer = torch.linalg.qr(up.double())
    right, inner = torch.linalg.qr(down.double().T)
    core, strengths, across = torch.linalg.svd(outer @ inner.T, full_matrices=False)
    kept = min(rank, len(strengths))
    root = strengths[:kept].sqrt()
    a, b = torch.zeros(rank, down.shape[1]), torch.zeros(up.shape[0], rank)
    a[:kept] = (root[:, None] * (across[:kept] @ right.T)).float()
    b[:, :kept] = (left @ core[:, :kept] * root).float()
    return a, b
