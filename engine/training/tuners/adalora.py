"""What PEFT's AdaLoRA knows of the ranks: to be drawn over time, and to be kept in checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

_RANKS, _SENSITIVITY, _UNCERTAINTY = "ranks.", "sensitivity.", "uncertainty."


class _Held(nn.ParameterDict):
    """Divisors that no gradient goes to: for one, each module would keep all that it gives out."""

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key).detach()


def hold_ranks(model: Any) -> Any:
    """Let the numbers of ranks be what they are: PEFT has them among what trains, where earlier checkpoints know them, too."""
    for module in model.modules():
        if isinstance(getattr(module, "ranknum", None), nn.ParameterDict):
            module.ranknum.__class__ = _Held
    return model


def _values_of(model: Any) -> Iterator[tuple[str, Tensor]]:
    """The singular values of each adapted module."""
    return ((name, one) for name, one in model.named_parameters() if ".lora_E." in name)


def rank_figures(model: Any) -> dict[str, float]:
    """ "rank/<layer>.<module>" -> the rank of each module, as far as directions were not taken away."""
    pattern = model.peft_config["default"].rank_pattern or {}
    kept = {name.replace(".default", ""): float(sum(mask)) for name, mask in pattern.items()}
    return {f"rank/{_short(name)}": kept.get(_plain(name), float(len(one))) for name, one in _values_of(model)}


def _plain(name: str) -> str:
    """A parameter's name as PEFT's table of ranks has it."""
    return name.removeprefix("base_model.model.").replace(".default", "")


def _short(name: str) -> str:
    """ "base_model.model.model.layers.3.self_attn.q_proj.lora_E.default" -> "3.q_proj"."""
    parts = name.split(".lora_E")[0].split(".")
    layer = next((part for part in parts if part.isdigit()), "")
    return f"{layer}.{parts[-1]}"


def allocator_state(model: Any) -> dict[str, Tensor]:
    """By name: masks of the ranks that are kept, and the running averages that the next decision is made by."""
    allocator = model.base_model.rankallocator
    pattern: Mapping[str, Any] = model.peft_config["default"].rank_pattern or {}
    return (
        {f"{_RANKS}{name}": torch.tensor(mask) for name, mask in pattern.items()}
        | {f"{_SENSITIVITY}{name}": one for name, one in allocator.exp_avg_ipt.items()}
        | {f"{_UNCERTAINTY}{name}": one for name, one in allocator.exp_avg_unc.items()}
    )


def restore_allocator(model: Any, stored: Mapping[str, Tensor]) -> None:
    """Put back what `allocator_state` gave."""
    allocator = model.base_model.rankallocator

    def part(prefix: str) -> dict[str, Tensor]:
        own = {name.removeprefix(prefix): one for name, one in stored.items() if name.startswith(prefix)}
        return {name: one.to(model.device) for name, one in own.items()}

    allocator.exp_avg_ipt, allocator.exp_avg_unc = part(_SENSITIVITY), part(_UNCERTAINTY)
    allocator.ipt = {name: one.clone() for name, one in allocator.exp_avg_ipt.items()}
    ranks = {name: mask.tolist() for name, mask in part(_RANKS).items()}
    model.peft_config["default"].rank_pattern = ranks or None
