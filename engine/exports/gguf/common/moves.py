"""How tensors of transformers become those of llama.cpp. All of it works on tensors without numbers as well."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engine.exports.gguf.common.measures import head_size, rope_of

if TYPE_CHECKING:
    from torch import Tensor

    from engine.exports.gguf.common.family import Config, Tensors

_GATE_UP, _DOWN = ".experts.gate_up_proj", ".experts.down_proj"


def interleaved(tensor: Tensor, count: int) -> Tensor:
    """Queries or keys of `count` heads with the halves of each turn beside each other."""
    rest = tensor.shape[1:]
    return tensor.reshape(count, 2, -1, *rest).swapaxes(1, 2).reshape(tensor.shape)


def llama(name: str, tensor: Tensor, config: Config) -> Tensors:
    """Queries and keys of families whose turns are of neighbours in llama.cpp."""
    part = name.rsplit(".", 2)[-2]
    if part == "q_proj":
        tensor = interleaved(tensor, config.num_attention_heads)
    elif part == "k_proj":
        tensor = interleaved(tensor, config.num_key_value_heads)
    return ((name, tensor),)


def experts(name: str, tensor: Tensor, _config: Config) -> Tensors:
    """Experts that transformers keeps as one: gate and up apart."""
    if name.endswith(_GATE_UP):
        stem = name.removesuffix("gate_up_proj")
        gate, up = tensor.chunk(2, dim=1)
        return ((f"{stem}gate_proj.weight", gate), (f"{stem}up_proj.weight", up))
    return ((f"{name}.weight" if name.endswith(_DOWN) else name, tensor),)


def plus_one(name: str, tensor: Tensor, _config: Config) -> Tensors:
    """Norms whose weights are kept as what they are beyond 1."""
    return ((name, tensor + 1 if name.endswith("norm.weight") else tensor),)


def apart(name: str, tensor: Tensor, config: Config) -> Tensors:
    """Queries, keys and values that lie together head by head: all queries first."""
    if ".query_key_value." in name:
        rest = tensor.shape[1:]
        tensor = tensor.reshape(config.num_attention_heads, 3, -1, *rest).swapaxes(0, 1).reshape(tensor.shape)
    return ((name, tensor),)


def transposed(name: str, tensor: Tensor, _config: Config) -> Tensors:
    """Matrices of GPT-2, whose rows are the inputs."""
    turn = any(name.endswith(f"{part}.weight") for part in ("c_attn", "c_proj", "c_fc"))
    return ((name, tensor.t() if turn else tensor),)


def llama3_frequencies(config: Config) -> Tensors:
    """By what each frequency of Llama 3's stretched positions is divided."""
    import torch

    told = rope_of(config)
    if told.get("rope_type") != "llama3":
        return ()
    size = head_size(config)
    own = float(told["rope_theta"]) ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    wave = 2 * math.pi * own
    factor, old = float(told["factor"]), float(told["original_max_position_embeddings"])
    low, high = float(told["low_freq_factor"]), float(told["high_freq_factor"])
    smooth = (old / wave - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    divided = torch.where(wave < old / high, torch.ones_like(wave), between)
    divided = torch.where(wave > old / low, torch.full_like(wave, factor), divided)
    return (("rope_freqs.weight", divided.float()),)


def longrope_factors(config: Config) -> Tensors:
    """By what each frequency of Phi's stretched positions is divided, in long and in short texts."""
    import torch

    told: dict[str, Any] = rope_of(config)
    if told.get("rope_type") != "longrope":
        return ()
    return (
        ("rope_factors_long.weight", torch.tensor(told["long_factor"], dtype=torch.float32)),
        ("rope_factors_short.weight", torch.tensor(told["short_factor"], dtype=torch.float32)),
    )
