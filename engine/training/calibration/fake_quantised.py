"""Quantised linear modules without numbers: bitsandbytes' own modules and autograd functions, on packed weights that have sizes only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bitsandbytes
import torch
from bitsandbytes.autograd._functions import MatmulLtState
from bitsandbytes.functional import QuantState
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily
from transformers.integrations.bitsandbytes import replace_with_bnb_linear
from transformers.quantizers.base import HfQuantizer

from engine.training.forward import eight_bits

_BLOCK, _OUTER_BLOCK = 64, 256  # weights of a scale; scales of a scale
_OUTLIERS = (
    0.01  # share of an input's columns that stand out: 0.1 % in Dettmers et al. 2022, section 3; they come and go
)


class _Packed(FakeTensor):
    """A weight in few bits. It is never copied: it has no numbers that a copy could change."""

    def detach(self) -> Any:
        """Itself for others, with what libraries have noted on it."""
        found: Any = super().detach()
        found.__class__ = type(self)
        found.__dict__.update(self.__dict__)
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self


class Params4bit(_Packed):
    """Libraries look for the name of this class."""


class Int8Params(_Packed):
    """Libraries look for the name of this class."""


def replace_linears(model: Any, config: Any) -> None:
    """Put bitsandbytes' modules where `from_pretrained` would put them. For a model on torch's meta device."""
    kept = HfQuantizer.get_modules_to_not_convert(model, config.llm_int8_skip_modules, model._keep_in_fp32_modules)
    with unset_fake_temporarily():  # its parameters can be built of plain tensors alone
        replace_with_bnb_linear(model, kept, config)
    eight = config.quantization_method() == "llm_int8"
    model.is_loaded_in_8bit, model.is_loaded_in_4bit = eight, not eight


def packed(module: nn.Module, half: torch.dtype) -> Any:
    """The weight of a module in few bits, on fake tensors; None where the module is not quantised."""
    if isinstance(module, bitsandbytes.nn.Linear4bit):
        return _in_four_bits(module, half)
    return _in_eight_bits(module) if isinstance(module, bitsandbytes.nn.Linear8bitLt) else None


def scales_of(model: nn.Module) -> Iterator[Tensor]:
    """What packed weights are unpacked with."""
    for module in model.modules():
        state = getattr(getattr(module, "weight", None), "quant_state", None) or getattr(module, "state", None)
        if isinstance(state, QuantState):
            yield from (state.absmax, state.code)
            if state.nested:
                yield from (state.state2.absmax, state.state2.code, state.offset)
        elif isinstance(state, MatmulLtState) and state.SCB is not None:
            yield state.SCB


def _in_four_bits(module: Any, half: torch.dtype) -> Any:
    count = module.in_features * module.out_features
    blocks = -(-count // _BLOCK)
    weight: Any = _frozen(torch.empty((count + 1) // 2, 1, dtype=torch.uint8), Params4bit)
    shape, kind = torch.Size((module.out_features, module.in_features)), module.weight.quant_type
    weight.compress_statistics, weight.quant_type, weight.bnb_quantized = module.weight.compress_statistics, kind, True
    outer = QuantState(
        torch.empty(-(-blocks // _OUTER_BLOCK)), code=torch.empty(256), blocksize=_OUTER_BLOCK, dtype=torch.float32
    )
    weight.quant_state = QuantState(
        torch.empty(blocks, dtype=torch.uint8 if weight.compress_statistics else torch.float32),
        shape,
        torch.empty(16),
        _BLOCK,
        kind,
        half,
        torch.empty(()) if weight.compress_statistics else None,
        outer if weight.compress_statistics else None,
    )
    return weight


def _in_eight_bits(module: Any) -> Any:
    weight: Any = _frozen(torch.empty(module.out_features, module.in_features, dtype=torch.int8), Int8Params)
    module.state.CB, module.state.SCB = weight.data, torch.empty(module.out_features)
    weight.CB = weight.SCB = None
    weight.has_fp16_weights = False
    return weight


def _frozen(tensor: Tensor, kind: type) -> Any:
    weight = nn.Parameter(tensor, requires_grad=False)
    weight.__class__ = kind
    return weight


# ---------------------------------------------------------------- as on a GPU


@contextmanager
def as_on_gpus() -> Iterator[None]:
    """Within it, 8-bit products are those of GPUs: on a processor bitsandbytes takes another way, which keeps other things."""
    before = set(eight_bits.PROCESSORS)
    eight_bits.PROCESSORS.clear()
    try:
        yield
    finally:
        eight_bits.PROCESSORS.update(before)


def answered(func: Any, args: tuple[Any, ...]) -> Any:
    """What the library's operations give whose sizes depend on numbers: how many columns stand out is a share of them."""
    operations = torch.ops.bitsandbytes
    if func is operations.int8_vectorwise_quant.default and len(args) > 1 and args[1] > 0.0:
        given, width = args[0], args[0].shape[-1]
        scales = given.new_empty(given.numel() // width, dtype=torch.float32)
        columns = given.new_empty(round(_OUTLIERS * width), dtype=torch.int64)
        return torch.empty_like(given, dtype=torch.int8), scales, columns
    if func is operations.int8_mixed_scaled_mm.default:
        given, left, weight, columns = args[0], args[1], args[2], args[5]
        return given.new_empty((*left.shape[:-1], weight.shape[0])), given.new_empty((given.shape[0], len(columns)))
    return None
