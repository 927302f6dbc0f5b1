"""QLoRA (Dettmers et al. 2023, arXiv:2305.14314): LoRA on a base that is held in 4 bits. Every adapter can have such a base."""

from __future__ import annotations

from dataclasses import replace

from engine.base_formats.nf4 import NF4
from engine.core.text import Text
from engine.methods.common.declaration import Learn
from engine.methods.lora import LORA

_LEARN = Learn(
    what=Text("methods.qlora.learn.what"),
    trains=Text("methods.qlora.learn.trains"),
    frozen=Text("methods.qlora.learn.frozen"),
    when=Text("methods.qlora.learn.when"),
    when_not=Text("methods.qlora.learn.when_not"),
    strengths=(
        Text("methods.qlora.learn.strengths.a_quarter_of_the"),
        Text("methods.qlora.learn.strengths.the_adapter_also_works"),
    ),
    weaknesses=(
        Text("methods.qlora.learn.weaknesses.slower_weights_are_dequantised"),
        Text("methods.qlora.learn.weaknesses.learns_against_slightly_wrong"),
    ),
    paper="Dettmers et al. 2023, QLoRA: Efficient Finetuning of Quantized LLMs, arXiv:2305.14314",
    formula="layers × rank × Σ (inputs + outputs)",
)

QLORA = replace(
    LORA,
    key="qlora",
    label=Text("methods.qlora.label"),
    tagline=Text("methods.qlora.tagline"),
    help=Text("methods.qlora.help"),
    defaults={**LORA.defaults, "quantisation": NF4.key},
    variants=(),
    learn=_LEARN,
    notes=(Text("methods.qlora.notes"),),
)
