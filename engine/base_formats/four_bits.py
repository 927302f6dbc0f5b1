"""What the formats of 4 bits have in common: blocks of 64 weights with a scale each (Dettmers et al. 2023, arXiv:2305.14314)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.base_formats.declaration import Packing
from engine.core.formula import Counted, times

if TYPE_CHECKING:
    import torch

    from engine.methods.common.shape import ModelShape

SOURCE = (
    "Dettmers et al. 2023, QLoRA, section 3: a scale for each block of 64 weights, 0.127 bits a weight when the scales are "
    "quantised too (https://arxiv.org/abs/2305.14314)"
)
_BLOCK, _SCALE_BITS, _FP32 = 64, 0.127, 4  # weights that share a scale; bits a weight when scales are quantised too


def _scales(shape: ModelShape, double: bool) -> Counted:
    body = shape.linear_weights
    if double:
        return Counted(body * _SCALE_BITS / 8, times(body, f"{_SCALE_BITS} bit"))
    return Counted(_FP32 * body / _BLOCK, f"{times(body, '4 B')} ÷ {_BLOCK}")


def four_bits(numbers: str) -> Packing:
    """4 bits a weight; `numbers` is bitsandbytes' name of the 16 values that a weight can take."""

    def config(compute: torch.dtype, double: bool) -> Any:
        import torch
        from transformers import BitsAndBytesConfig

        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=numbers,
            bnb_4bit_use_double_quant=double,
            bnb_4bit_compute_dtype=compute,
            bnb_4bit_quant_storage=torch.uint8,
        )

    return Packing(bits=4, weight_bytes=0.5, scales=_scales, source=SOURCE, config=config)
