"""LoRA layers as one autograd function: the adapter's part is added in place instead of through three more matrices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn


class _LoraFunction(torch.autograd.Function):
    """inputs @ weight.T + bias + scale * (inputs @ down.T) @ up.T, with a frozen weight and bias."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        rows = inputs.flatten(0, -2)
        middle = rows @ down.T
        outputs = nn.functional.linear(rows, weight, bias).addmm_(middle, up.T, alpha=scale)
        ctx.save_for_backward(rows, weight, down, up, middle)
        ctx.scale = scale
        return outputs.view(*inputs.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, None, Tensor, Tensor, None]:
        rows, weight, down, up, middle = ctx.saved_tensors
        grad = grads[0].flatten(0, -2)
        grad_middle = (grad @ up).mul_(ctx.scale)
        grad_inputs = None
        if ctx.needs_input_grad[0]:
            grad_inputs = (grad @ weight).addmm_(grad_middle, down).view(*grads[0].shape[:-1], -1)
        grad_up = (grad.T @ middle).mul_(ctx.scale)
        return grad_inputs, None, None, grad_middle.T @ rows, grad_up, None


def _forward(layer: Any, name: str, plain: Callable[..., Tensor], inputs: Tensor, *rest: Any, **options: Any) -> Tensor:
    """The fast way while training; PEFT's own otherwise."""
    if not layer.training or rest or options or layer.disable_adapters or layer.merged:
        return plain(inputs, *rest, **options)
    base, down, up = layer.base_layer, layer.lora_A[name].weight, layer.lora_B[name].weight
    result: Tensor = _LoraFunction.apply(inputs, base.weight, base.bias, down, up, layer.scaling[name])
    return result


def speed_up(model: nn.Module) -> int:
    """Make the plain fp32 LoRA layers of `model` fast; returns how many. Others (dropout, DoRA, 4-bit, half) stay as they are."""
    layers = [module for module in model.modules() if type(module) is LoraLinear and _is_plain(module)]
    for layer in layers:
        layer.forward = partial(_forward, layer, layer.active_adapters[0], layer.forward)  # type: ignore[method-assign]
    return len(layers)


def _is_plain(layer: Any) -> bool:
    if len(layer.active_adapters) != 1 or type(layer.base_layer) is not nn.Linear:
        return False
    name = layer.active_adapters[0]
    weights = (layer.base_layer.weight, layer.lora_A[name].weight, layer.lora_B[name].weight)
    return (
        isinstance(layer.lora_dropout[name], nn.Identity)
        and not layer.lora_variant.get(name)
        and layer.lora_B[name].bias is None
        and not layer.base_layer.weight.requires_grad
        and all(weight.dtype is torch.float32 for weight in weights)
    )
