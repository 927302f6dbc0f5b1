"""QLoRA (Dettmers et al. 2023, arXiv:2305.14314): LoRA on a base that is held in 4 bits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.methods.base import Values
from engine.methods.lora import LORA, LORA_PARAMS, apply_lora
from engine.params import Param
from engine.text import Text

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_QUANTISATION = Param(
    key="quant_type",
    kind="choice",
    default="nf4",
    choices={"nf4": Text("NF4 (recommended)", "NF4（推荐）"), "fp4": Text("FP4", "FP4")},
    label=Text("4-bit format", "4 位格式"),
    help=Text(
        "How the frozen weights are written in 4 bits. NF4 fits the usual spread of weights best.",
        "冻结权重的 4 位存储格式。NF4 最适合权重的常见分布。",
    ),
    usual=Text("NF4", "NF4"),
)


def _apply(model: PreTrainedModel, values: Values) -> Any:
    from peft import prepare_model_for_kbit_training

    return apply_lora(prepare_model_for_kbit_training(model, use_gradient_checkpointing=False), values)


QLORA = replace(
    LORA,
    key="qlora",
    label=Text("QLoRA", "QLoRA"),
    tagline=Text("LoRA for when memory is short.", "内存不足时的 LoRA。"),
    help=Text(
        "LoRA on a base that is squeezed to 4 bits a weight: a quarter of the memory, a little slower, almost as good.",
        "在压缩到每个权重 4 位的基础模型上做 LoRA：内存约为四分之一，稍慢，效果几乎一样。",
    ),
    params=(*LORA_PARAMS, _QUANTISATION),
    apply=_apply,
    quantised_base=lambda values: values["quant_type"],
    notes=(
        Text(
            "4-bit saves memory, not time. Without a GPU it runs too, but slower than plain LoRA.",
            "4 位节省的是内存，不是时间。没有 GPU 也能运行，但比普通 LoRA 慢。",
        ),
    ),
)
