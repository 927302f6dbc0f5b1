"""8 bits a weight (Dettmers et al. 2022, LLM.int8(), arXiv:2208.07339): a scale for each row of a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.base_formats.declaration import BaseFormat, Packing, runs_with_bitsandbytes
from engine.core.formula import Basis, Counted, times
from engine.core.text import Text

if TYPE_CHECKING:
    import torch

    from engine.methods.common.shape import ModelShape

_FP32 = 4


def _scales(shape: ModelShape, _double: bool) -> Counted:
    rows = shape.over_layers(lambda _, outputs: outputs, shape.linears)
    return Counted(float(_FP32 * rows), times(rows, "4 B"))


def _config(_compute: torch.dtype, _double: bool) -> Any:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(load_in_8bit=True)


INT8 = BaseFormat(
    key="int8",
    label=Text("base_formats.int8.label"),
    help=Text("base_formats.int8.help"),
    packing=Packing(
        bits=8,
        weight_bytes=1.0,
        scales=_scales,
        source="Dettmers et al. 2022, LLM.int8(), section 2: a scale for each row (https://arxiv.org/abs/2208.07339)",
        config=_config,
        passing=11.0,  # inputs in fp16 and in 8 bits, results in int32, and a copy of each
    ),
    tells_lengths=False,
    quality=Basis(0.998, "no measurable loss: Dettmers et al. 2022, arXiv:2208.07339"),
    not_on=runs_with_bitsandbytes,
)
