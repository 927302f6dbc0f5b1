"""A quantised base that computes and keeps half precision, with what trains in fp32 and its table of words aside.

Quantised linear modules give back the number format that they are given. So one fp32 number in the stream, such as the result
of a norm, would make all that a layer keeps twice as wide, whatever the autocast says.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from engine.training.forward.eight_bits import keep_no_inputs
from engine.training.tuners.structure import decoder_layers, final_norm, plain


def compute_in(base: Any, half: torch.dtype) -> None:
    """Let the norms of a quantised base give on `half`; nothing to do in fp32. Call it before a method is applied: copies of a norm do the same.

    The range of fp16 is too small for what some models add up between their layers, so there that sum stays in fp32:
    nothing more is kept for it, as norms keep what they read in fp32 anyway.
    """
    keep_no_inputs()
    if half is torch.float32:
        return
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)  # 8 bits: a warning for each product
    last = final_norm(base)
    parts = [module for layer in decoder_layers(base) for module in layer.modules()]
    for module in [*parts, *([] if last is None else [last])]:
        if "norm" in type(module).__name__.lower():
            module.register_forward_hook(partial(_given_as, half))
    if half is torch.float16:
        base.get_input_embeddings().register_forward_hook(partial(_given_as, torch.float32))


def _given_as(dtype: torch.dtype, _module: nn.Module, _inputs: Any, result: Any) -> Any:
    return result.to(dtype) if isinstance(result, Tensor) and result.is_floating_point() else result


def train_in_fp32(model: nn.Module) -> None:
    """Hold what trains in fp32: steps are finer than half precision, and fp16's scaled gradients must be fp32."""
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.is_floating_point():
            parameter.data = parameter.data.float()


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
