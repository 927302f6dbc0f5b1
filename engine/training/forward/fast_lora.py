"""LoRA layers as one autograd function: the adapter's part is added in place instead of through three more matrices.

DoRA's norms come without the changed weights being formed, whose freed pieces would stay in the heap: 600 MB with the
starter model.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from peft.tuners.adalora import SVDLinear
from peft.tuners.lora import Linear as LoraLinear
from peft.tuners.lora.dora import DoraLinearLayer
from peft.utils.integrations import dequantize_module_weight
from torch import Tensor, nn


class _LoraFunction(torch.autograd.Function):
    """rows @ weight.T + bias + scale * (rows @ down.T) @ up.T, with a frozen weight and bias.

    It gives no view of anything: some models add to the outputs of a layer in place.
    """

    @staticmethod
    def forward(
        ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        middle = rows @ down.T
        outputs: Tensor = nn.functional.linear(rows, weight, bias).addmm_(middle, up.T, alpha=scale)
        ctx.save_for_backward(rows, weight, down, up, middle)
        ctx.scale = scale
        return outputs

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, None, Tensor, Tensor, None]:
        rows, weight, down, up, middle = ctx.saved_tensors
        grad = grads[0]
        grad_middle = (grad @ up).mul_(ctx.scale)
        grad_rows = (grad @ weight).addmm_(grad_middle, down) if ctx.needs_input_grad[0] else None
        grad_up = (grad.T @ middle).mul_(ctx.scale)
        return grad_rows, None, None, grad_middle.T @ rows, grad_up, None


def _on_rows(inputs: Tensor, *rest: Any) -> Tensor:
    result: Tensor = _LoraFunction.apply(inputs.flatten(0, -2), *rest)
    return result.view(*inputs.shape[:-1], -1)


def _forward(layer: Any, name: str, plain: Callable[..., Tensor], inputs: Tensor, *rest: Any, **options: Any) -> Tensor:
    """The fast computation while training; PEFT's own otherwise."""
    if not layer.training or rest or options or layer.disable_adapters or layer.merged:
        return plain(inputs, *rest, **options)
    base, down, up = layer.base_layer, layer.lora_A[name].weight, layer.lora_B[name].weight
    return _on_rows(inputs, base.weight, base.bias, down, up, layer.scaling[name])


def _svd_forward(
    layer: Any, name: str, plain: Callable[..., Tensor], inputs: Tensor, *rest: Any, **options: Any
) -> Tensor:
    """As `_forward`, for AdaLoRA's directions with a strength each."""
    if not layer.training or rest or options or layer.disable_adapters or layer.merged:
        return plain(inputs, *rest, **options)
    base, strengths = layer.base_layer, layer.lora_E[name] * (layer.scaling[name] / (layer.ranknum[name] + 1e-5))
    down = layer.lora_A[name] * strengths
    return _on_rows(inputs, base.weight, base.bias, down, layer.lora_B[name], 1.0)


def changed_norms(squares: Tensor, weight: Tensor, down: Tensor, up: Tensor, scale: float) -> Tensor:
    """Norms of the rows of weight + scale * up @ down, as (outputs,), from the squared norms of the rows of weight.

    |w + s b A|² = |w|² + 2 s (w Aᵀ) · b + s² (b A Aᵀ) · b, where b is a row of up: exact, and nothing as large as the weight.
    """
    crossed = ((weight @ down.T.to(weight.dtype)) * up).sum(1)
    added = ((up @ (down @ down.T)) * up).sum(1)
    return (squares + 2 * scale * crossed + scale**2 * added).clamp_min_(0).sqrt_()


def _dora_forward(
    layer: Any,
    squares: Tensor,
    x: Tensor,
    *,
    lora_A: nn.Module,
    lora_B: nn.Module,
    scaling: float,
    base_layer: nn.Linear,
    base_result: Tensor | None = None,
    adapter_name: str = "default",
) -> Tensor:
    """What DoRA adds to the layer's output (Liu et al. 2024, arXiv:2402.09353, equation 5; the norm is a constant, section 4.3)."""
    with torch.no_grad():
        norms = changed_norms(squares, _weight_of(base_layer), lora_A.weight, lora_B.weight, scaling)
    share = (layer.weight / norms).view(1, -1)
    if base_result is None:
        base_result = nn.functional.linear(x, _weight_of(base_layer))
    elif base_layer.bias is not None:
        base_result = base_result - base_layer.bias
    kind = base_result.dtype
    return (share - 1).to(kind) * base_result + share.to(kind) * lora_B(lora_A(x)) * scaling


def _weight_of(layer: Any) -> Tensor:
    """The weights of a linear module, unpacked where they are quantised."""
    weight: Tensor = layer.weight if type(layer) is nn.Linear else dequantize_module_weight(layer)
    return weight


def speed_up(model: nn.Module) -> int:
    """Make the plain fp32 LoRA and AdaLoRA layers of `model` fast; returns how many. Others (dropout, 4-bit, half) stay as
    they are; DoRA's, which are not counted, keep PEFT's computation but for their norms.
    """
    lean_dora(model)
    plain = [one for one in model.modules() if type(one) in _FORWARDS and _is_fp32(one) and _is_plain(one)]
    for layer in plain:
        fast = partial(_FORWARDS[type(layer)], layer, layer.active_adapters[0], layer.forward)
        layer.forward = fast  # type: ignore[method-assign]
    return len(plain)


def lean_dora(model: nn.Module) -> None:
    """Give DoRA's layers norms that form no changed weights, whatever the base is held in."""
    for layer in model.modules():
        for dora in getattr(layer, "lora_magnitude_vector", {}).values():
            if type(dora) is DoraLinearLayer and isinstance(layer.base_layer, nn.Linear):
                squares = torch.linalg.vector_norm(_weight_of(layer.base_layer).detach().float(), dim=1).square_()
                dora.forward = partial(_dora_forward, dora, squares)  # type: ignore[method-assign]


def _is_fp32(layer: Any) -> bool:
    """One adapter on a frozen linear layer, all in fp32."""
    if len(layer.active_adapters) != 1 or type(layer.base_layer) is not nn.Linear:
        return False
    return not layer.base_layer.weight.requires_grad and all(one.dtype is torch.float32 for one in layer.parameters())


def _is_plain(layer: Any) -> bool:
    name = layer.active_adapters[0]
    whole = isinstance(layer.lora_dropout[name], nn.Identity)
    if type(layer) is SVDLinear:
        return whole
    return whole and not layer.lora_variant.get(name) and layer.lora_B[name].bias is None


_FORWARDS: dict[type, Callable[..., Tensor]] = {LoraLinear: _forward, SVDLinear: _svd_forward}
