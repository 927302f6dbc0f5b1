"""Weights in memory as a file in 16 bits will hold them: what loading keeps in 32 bits stays, buffers are left alone.

`model.to(dtype)` would round them too: inverse rotary frequencies, which no file holds and every load computes anew in fp32.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers.core_model_loading import build_glob_alternation

from engine.core.errors import Fault
from engine.models.architecture.told_format import NAMES
from engine.models.base.number_formats import tell_config


def dtype_of(format: str) -> torch.dtype:
    """The number format as torch knows it."""
    found: torch.dtype = getattr(torch, NAMES[format])
    return found


def check_range(model: nn.Module, format: str) -> None:
    """Raises Fault("export.overflow") where a number is larger than the format goes."""
    most = torch.finfo(dtype_of(format)).max
    for name, parameter in model.named_parameters():
        largest = float(parameter.detach().abs().max()) if parameter.numel() else 0.0
        if most < largest < float("inf"):
            raise Fault("export.overflow", name=name, largest=f"{largest:.4g}", dtype=format, most=f"{most:,.0f}")


def fitting(model: nn.Module, format: str) -> str:
    """That format, or "fp32" where it does not hold the model's numbers: after training nothing may be lost."""
    try:
        check_range(model, format)
    except Fault:
        return "fp32"
    return format


@torch.no_grad()
def round_to(model: Any, format: str) -> None:
    """Round the weights to what a file in that format holds; they stay in the format that they are in."""
    for tensor, dtype in _with_dtypes(model, format):
        tensor.copy_(tensor.to(dtype))


@torch.no_grad()
def cast_to(model: Any, format: str) -> None:
    """Hold the weights in that format, tensor by tensor: the memory of two formats is never needed at once."""
    for tensor, dtype in _with_dtypes(model, format):
        tensor.data = tensor.data.to(dtype)


def save_as(model: Any, format: str, folder: Path) -> dict[str, Tensor]:
    """Write a whole model in that format; the model itself stays as it is. What was written is returned. Raises Fault("export.overflow")."""
    check_range(model, format)
    dtypes, made = _loaded_dtypes(model, format), {}
    state = {}
    for name, tensor in model.state_dict().items():
        place = (
            tensor.data_ptr(),
            tensor.shape,
            tensor.stride(),
        )  # tied weights stay one tensor, which is written once
        if place not in made:
            made[place] = tensor.to(device="cpu", dtype=dtypes.get(name, tensor.dtype))
        state[name] = made[place]
    write(model, format, folder, state)
    return state


def write(model: Any, format: str, folder: Path, state: dict[str, Tensor] | None = None) -> None:
    """Save a model, or other numbers for its tensors, under the name of its base's architecture and that of the format."""
    named = model.config.architectures  # the class that text is read with may go by another name than the base's
    model.save_pretrained(folder, state_dict=state)
    model.config.architectures = named
    tell_config(folder, NAMES[format], named)


def _with_dtypes(model: Any, format: str) -> Iterator[tuple[Tensor, torch.dtype]]:
    """Every tensor that a file holds, with the dtype that it has there."""
    dtypes, stored = _loaded_dtypes(model, format), set(model.state_dict())
    buffers = [(name, buffer) for name, buffer in model.named_buffers() if name in stored]
    for name, tensor in [*model.named_parameters(), *buffers]:
        if tensor.is_floating_point():
            yield tensor, dtypes.get(name, tensor.dtype)


def _loaded_dtypes(model: Any, format: str) -> dict[str, torch.dtype]:
    """Dtypes of floating tensors by name, as a load in that format has them: some of some families stay in fp32."""
    dtype = dtype_of(format)
    with torch.device("meta"):
        loaded = type(model)._from_config(copy.deepcopy(model.config), dtype=dtype)
    plan = {name: kept for name, kept in loaded._get_dtype_plan(dtype).items() if kept is not None}
    pattern, names, _targets = build_glob_alternation(list(plan)) if plan else (None, {}, {})
    fresh = {name: tensor.dtype for name, tensor in loaded.state_dict().items()}
    found = {}
    for name, tensor in model.state_dict().items():
        match = pattern.search(name) if pattern else None
        if tensor.is_floating_point():
            found[name] = plan[names[match.lastgroup]] if match else fresh.get(name, dtype)
    return found
