"""QLoRA (Dettmers et al. 2023, arXiv:2305.14314): LoRA on a base that is held in 4 bits. Every adapter can have such a base."""

from __future__ import annotations

from dataclasses import replace

from engine.methods.lora import LORA
from engine.text import Text

QLORA = replace(
    LORA,
    key="qlora",
    label=Text("QLoRA", "QLoRA"),
    tagline=Text("LoRA for when memory is short.", "内存不足时的 LoRA。"),
    help=Text(
        "LoRA on a base that is squeezed to 4 bits a weight: a quarter of the memory, a little slower, almost as good.",
        "在压缩到每个权重 4 位的基础模型上做 LoRA：内存约为四分之一，稍慢，效果几乎一样。",
    ),
    defaults={**LORA.defaults, "quantisation": "nf4"},
    notes=(
        Text(
            "4-bit saves memory, not time. Without a GPU it runs too, but slower than plain LoRA.",
            "4 位节省的是内存，不是时间。没有 GPU 也能运行，但比普通 LoRA 慢。",
        ),
    ),
)
