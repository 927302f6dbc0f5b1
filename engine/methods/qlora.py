"""QLoRA (Dettmers et al. 2023, arXiv:2305.14314): LoRA on a base that is held in 4 bits. Every adapter can have such a base."""

from __future__ import annotations

from dataclasses import replace

from engine.base_formats.nf4 import NF4
from engine.core.text import Text
from engine.methods.common.declaration import Learn
from engine.methods.lora import LORA

_LEARN = Learn(
    what=Text(
        "The frozen base model is quantised to four bits a weight, and a LoRA adapter in full precision is trained beside it. "
        "Gradients pass through the quantised weights but never change them.",
        "把冻结的基座模型量化到每个权重四位，在它旁边以完整精度训练一个 LoRA 适配器。"
        "梯度穿过量化后的权重，但不会改变它们。",
    ),
    trains=Text("The two thin matrices beside each chosen layer.", "每个所选层旁的两个细长矩阵。"),
    frozen=Text("Every weight of the model, in four bits.", "模型的全部权重（以四位存储）。"),
    when=Text(
        "When the model does not fit otherwise: 7 billion parameters train in about 8 GB.",
        "不量化就放不下模型时：70 亿参数约 8 GB 即可训练。",
    ),
    when_not=Text("When memory is not short: plain LoRA is faster and exact.", "内存充足时：普通 LoRA 更快、更精确。"),
    strengths=(
        Text("A quarter of the memory for the weights.", "权重只占四分之一的内存。"),
        Text("The adapter also works on the base in full precision.", "适配器也可用于完整精度的基座模型。"),
    ),
    weaknesses=(
        Text(
            "Slower: weights are dequantised anew in each forward and backward pass.",
            "更慢：每次前向与反向计算都要重新反量化权重。",
        ),
        Text(
            "Learns against slightly wrong weights; on the exact base the answers differ a little.",
            "训练时面对的是略有误差的权重；放到精确的基座模型上，回答会略有不同。",
        ),
    ),
    paper="Dettmers et al. 2023, QLoRA: Efficient Finetuning of Quantized LLMs, arXiv:2305.14314",
    formula="layers × rank × Σ (inputs + outputs)",
)

QLORA = replace(
    LORA,
    key="qlora",
    label=Text("QLoRA", "QLoRA"),
    tagline=Text("LoRA for when memory is short.", "内存不足时的 LoRA。"),
    help=Text(
        "LoRA on a base model quantised to 4 bits a weight: a quarter of the memory, a little slower, almost as good.",
        "在量化到每个权重 4 位的基座模型上做 LoRA：内存约为四分之一，稍慢，效果几乎一样。",
    ),
    defaults={**LORA.defaults, "quantisation": NF4.key},
    variants=(),
    learn=_LEARN,
    notes=(
        Text(
            "4-bit saves memory, not time. Without a GPU it runs too, but slower than plain LoRA.",
            "4 位节省的是内存，不是时间。没有 GPU 也能运行，但比普通 LoRA 慢。",
        ),
    ),
)
