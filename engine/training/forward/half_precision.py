"""A frozen base that computes and keeps half precision: what it gives on is half, what trains is fp32, its words lie aside.

Quantised linear modules give back the number format that they are given, and adapters that of their own numbers. So one fp32
number in the stream, such as the result of a norm, would make all that a layer keeps twice as wide, whatever autocast says.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn

from engine.training.forward.eight_bits import keep_no_inputs
from engine.training.tuners.structure import decoder_layers, final_norm, plain


def compute_in(base: Any, half: torch.dtype, *, quantised: bool) -> None:
    """Let the norms of a frozen base give on `half` under autocast, as copies of them do. Call it before a method is applied.

    The range of fp16 is too small for what some models add up between their layers. Where the base is quantised that sum
    stays in fp32: nothing more is kept for it, as norms keep what they read in fp32 anyway.
    """
    if quantised:
        keep_no_inputs()
    if half is torch.float32:
        return
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)  # 8 bits: a warning for each product
    last = final_norm(base)
    parts = [module for layer in decoder_layers(base) for module in layer.modules()]
    for module in [*parts, *([] if last is None else [last])]:
        if "norm" in type(module).__name__.lower():
            module.register_forward_hook(_gives_half)
    if quantised and half is torch.float16:
        base.get_input_embeddings().register_forward_hook(_gives_whole)


def settle_in(model: nn.Module, half: torch.dtype) -> None:
    """Hold what trains in fp32 and let adapters give on `half`. Call it after the method is applied.

    Steps are finer than half precision, and fp16's scaled gradients must be fp32.
    """
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.is_floating_point():
            parameter.data = parameter.data.float()
    if half is not torch.float32:
        for module in model.modules():
            if isinstance(module, BaseTunerLayer) and isinstance(module, nn.Module):
                module.register_forward_hook(_gives_half)
                module.get_base_layer().register_forward_pre_hook(_takes_half)


def _gives_half(_module: nn.Module, _inputs: Any, result: Any) -> Any:
    return _half(result)


def _takes_half(_module: nn.Module, inputs: tuple[Any, ...]) -> Any:
    return tuple(_half(one) for one in inputs)


def _gives_whole(_module: nn.Module, _inputs: Any, result: Tensor) -> Tensor:
    return result.float() if torch.is_autocast_enabled(result.device.type) else result


def _half(given: Any) -> Any:
    """In autocast's own format, where it is on: whoever takes a pass without it wants the model as it is."""
    if not isinstance(given, Tensor) or not given.is_floating_point():
        return given
    kind = given.device.type
    return given.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else given


def set_words_aside(model: Any) -> Tensor | None:
    """Keep the embeddings' table in the machine's RAM and bring only the rows of a group onto the device.

    Exact, and as fast: a row of 4,096 numbers takes 8 kB. Only where the table is frozen, is not the output layer's as well,
    and is looked up in the plain way. Call it after the method is applied. Returns the table, None where it stays.
    """
    base = plain(model)
    words, head = base.get_input_embeddings(), base.get_output_embeddings()
    if type(words) is not nn.Embedding or head is None or words.weight.requires_grad or head.weight is words.weight:
        return None
    table, device = words.weight.detach(), words.weight.device
    words.weight = None  # type: ignore[assignment]  # a device or a format of its own would be taken for the model's
    words.forward = partial(_rows_of, table.cpu(), device)  # type: ignore[method-assign]
    return table


def _rows_of(table: Tensor, device: torch.device, ids: Tensor) -> Tensor:
    return nn.functional.embedding(ids.to(table.device), table).to(device)
