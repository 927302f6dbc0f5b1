"""LoRA's settings, its well-known relatives as settings of it, and its card."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Learn, Variant
from engine.methods.common.modules import MODULES_PARAM

LORA_PARAMS = (
    Param(
        key="rank",
        kind="int",
        default=16,
        minimum=1,
        maximum=512,
        step=1,
        advanced=False,
        label=Text("methods.common.lora_options.rank.label"),
        help=Text("methods.common.lora_options.rank.help"),
        usual=Text("methods.common.lora_options.rank.usual"),
    ),
    Param(
        key="alpha",
        kind="int",
        default=32,
        minimum=1,
        maximum=1024,
        step=1,
        label=Text("methods.common.lora_options.alpha.label"),
        help=Text("methods.common.lora_options.alpha.help"),
        usual=Text("methods.common.lora_options.alpha.usual"),
    ),
    Param(
        key="dropout",
        kind="float",
        default=0.0,
        minimum=0.0,
        maximum=0.9,
        step=0.05,
        label=Text("methods.common.lora_options.dropout.label"),
        help=Text("methods.common.lora_options.dropout.help"),
        usual=Text("methods.common.lora_options.dropout.usual"),
    ),
    MODULES_PARAM,
    Param(
        key="experts",
        kind="bool",
        default=False,
        label=Text("methods.common.lora_options.experts.label"),
        help=Text("methods.common.lora_options.experts.help"),
        usual=Text("methods.common.lora_options.experts.usual"),
        later=True,
    ),
    Param(
        key="rslora",
        kind="bool",
        default=False,
        label=Text("methods.common.lora_options.rslora.label.strength_by_the_root"),
        help=Text("methods.common.lora_options.rslora.help"),
        usual=Text("methods.common.lora_options.rslora.usual"),
    ),
    Param(
        key="dora",
        kind="bool",
        default=False,
        label=Text("methods.common.lora_options.dora.label.direction_and_size_apart"),
        help=Text("methods.common.lora_options.dora.help"),
        usual=Text("methods.common.lora_options.dora.usual"),
    ),
    Param(
        key="start",
        kind="choice",
        default="zero",
        choices={
            "zero": Text("methods.common.lora_options.start.choices.zero"),
            "pissa": Text("methods.common.lora_options.start.choices.pissa"),
            "olora": Text("methods.common.lora_options.start.choices.olora"),
        },
        label=Text("methods.common.lora_options.start.label"),
        help=Text("methods.common.lora_options.start.help"),
        usual=Text("methods.common.lora_options.start.usual"),
    ),
    Param(
        key="updates",
        kind="choice",
        default="both",
        choices={
            "both": Text("methods.common.lora_options.updates.choices.both"),
            "plus": Text("methods.common.lora_options.updates.choices.plus"),
            "b_only": Text("methods.common.lora_options.updates.choices.b_only"),
        },
        label=Text("methods.common.lora_options.updates.label"),
        help=Text("methods.common.lora_options.updates.help"),
        usual=Text("methods.common.lora_options.updates.usual"),
    ),
    Param(
        key="plus_ratio",
        kind="float",
        default=8.0,
        minimum=1.0,
        maximum=64.0,
        step=1,
        label=Text("methods.common.lora_options.plus_ratio.label"),
        help=Text("methods.common.lora_options.plus_ratio.help"),
        usual=Text("methods.common.lora_options.plus_ratio.usual"),
    ),
)

LORA_VARIANTS = (
    Variant(
        key="rslora",
        label=Text("methods.common.lora_options.rslora.label.rslora"),
        tagline=Text("methods.common.lora_options.rslora.tagline"),
        values={"rslora": True, "rank": 64, "alpha": 16},
        paper="Kalajdzievski 2023, A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA, arXiv:2312.03732",
    ),
    Variant(
        key="dora",
        label=Text("methods.common.lora_options.dora.label.dora"),
        tagline=Text("methods.common.lora_options.dora.tagline"),
        values={"dora": True},
        paper="Liu et al. 2024, DoRA: Weight-Decomposed Low-Rank Adaptation, arXiv:2402.09353",
    ),
    Variant(
        key="pissa",
        label=Text("methods.common.lora_options.pissa.label"),
        tagline=Text("methods.common.lora_options.pissa.tagline"),
        values={"start": "pissa", "alpha": 16},
        training={"learning_rate": 3e-4},
        paper="Meng et al. 2024, PiSSA: Principal Singular Values and Singular Vectors Adaptation, arXiv:2404.02948",
    ),
    Variant(
        key="olora",
        label=Text("methods.common.lora_options.olora.label"),
        tagline=Text("methods.common.lora_options.olora.tagline"),
        values={"start": "olora", "alpha": 16},
        training={"learning_rate": 3e-4},
        paper="Büyükakyüz 2024, OLoRA: Orthonormal Low-Rank Adaptation of Large Language Models, arXiv:2406.01775",
    ),
    Variant(
        key="lora_plus",
        label=Text("methods.common.lora_options.lora_plus.label"),
        tagline=Text("methods.common.lora_options.lora_plus.tagline"),
        values={"updates": "plus"},
        training={"learning_rate": 5e-4},
        paper="Hayou et al. 2024, LoRA+: Efficient Low Rank Adaptation of Large Models, arXiv:2402.12354",
    ),
    Variant(
        key="lora_fa",
        label=Text("methods.common.lora_options.lora_fa.label"),
        tagline=Text("methods.common.lora_options.lora_fa.tagline"),
        values={"updates": "b_only"},
        paper="Zhang et al. 2023, LoRA-FA: Memory-efficient Low-rank Adaptation for LLMs Fine-tuning, arXiv:2308.03303",
    ),
)

LORA_LEARN = Learn(
    what=Text("methods.common.lora_options.lora_learn.what"),
    trains=Text("methods.common.lora_options.lora_learn.trains"),
    frozen=Text("methods.common.lora_options.lora_learn.frozen"),
    when=Text("methods.common.lora_options.lora_learn.when"),
    when_not=Text("methods.common.lora_options.lora_learn.when_not"),
    strengths=(
        Text("methods.common.lora_options.lora_learn.strengths.a_few_megabytes_switched"),
        Text("methods.common.lora_options.lora_learn.strengths.can_be_merged_no"),
        Text("methods.common.lora_options.lora_learn.strengths.several_can_answer_side"),
    ),
    weaknesses=(
        Text("methods.common.lora_options.lora_learn.weaknesses.rank_and_learning_rate"),
        Text("methods.common.lora_options.lora_learn.weaknesses.learns_less_from_very"),
    ),
    paper="Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685",
    formula="layers × rank × Σ (inputs + outputs)",
)
