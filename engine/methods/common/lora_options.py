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
        label=Text("Rank", "秩（rank）"),
        help=Text(
            "How much the adapter can change. Higher learns more and needs more memory; too high overfits (learns by heart).",
            "适配器能改变多少。越大学得越多、占用内存越多；过大容易过拟合（死记硬背）。",
        ),
        usual=Text("8 to 32", "8 到 32"),
    ),
    Param(
        key="alpha",
        kind="int",
        default=32,
        minimum=1,
        maximum=1024,
        step=1,
        label=Text("Alpha", "缩放系数（alpha）"),
        help=Text(
            "Strength of the adapter: its output is multiplied by alpha / rank.",
            "适配器的强度：其输出乘以 alpha / rank。",
        ),
        usual=Text("twice the rank", "秩的两倍"),
    ),
    Param(
        key="dropout",
        kind="float",
        default=0.0,
        minimum=0.0,
        maximum=0.9,
        step=0.05,
        label=Text("Dropout", "随机失活（dropout）"),
        help=Text(
            "Share of the adapter's inputs switched off at random, against overfitting. Costs about a fifth of the speed.",
            "训练时随机关闭的适配器输入比例，防止过拟合。会降低约五分之一的速度。",
        ),
        usual=Text("0, or 0.05 for long runs", "0；长时间训练用 0.05"),
    ),
    MODULES_PARAM,
    Param(
        key="rslora",
        kind="bool",
        default=False,
        label=Text("Strength by the root of the rank (rsLoRA)", "按秩的平方根缩放（rsLoRA）"),
        help=Text(
            "Multiplies by alpha / √rank instead of alpha / rank, so that high ranks learn as fast as low ones. "
            "Take a smaller alpha or learning rate with it.",
            "用 alpha / √rank 代替 alpha / rank，使高秩与低秩学得一样快。请配合较小的 alpha 或学习率。",
        ),
        usual=Text("yes from rank 64 on", "秩达到 64 以上时用"),
    ),
    Param(
        key="dora",
        kind="bool",
        default=False,
        label=Text("Direction and size apart (DoRA)", "方向与大小分离（DoRA）"),
        help=Text(
            "Learns the length of each output separately from its direction. Often a little better at low ranks; "
            "slower and needs more memory.",
            "把每个输出的长度与方向分开学习。低秩时往往稍好；速度更慢、占用内存更多。",
        ),
        usual=Text("no", "否"),
    ),
    Param(
        key="start",
        kind="choice",
        default="zero",
        choices={
            "zero": Text("From nothing", "从零开始"),
            "pissa": Text("From the weights' main directions (PiSSA)", "从权重的主方向开始（PiSSA）"),
            "olora": Text("From right-angled directions (OLoRA)", "从正交方向开始（OLoRA）"),
        },
        label=Text("Where the adapter starts", "适配器的起点"),
        help=Text(
            "PiSSA and OLoRA train a part of the weights themselves and learn faster at first. "
            "The result is turned back into a plain adapter of twice the rank, so it can still be switched off.",
            "PiSSA 与 OLoRA 训练的是权重本身的一部分，起步更快。结果会转换回两倍秩的普通适配器，因此仍可关闭。",
        ),
        usual=Text("from nothing", "从零开始"),
    ),
    Param(
        key="updates",
        kind="choice",
        default="both",
        choices={
            "both": Text("Both matrices alike", "两个矩阵同样更新"),
            "plus": Text("The second one faster (LoRA+)", "第二个矩阵更快（LoRA+）"),
            "b_only": Text("The second one alone (LoRA-FA)", "只更新第二个矩阵（LoRA-FA）"),
        },
        label=Text("How its two matrices learn", "两个矩阵如何学习"),
        help=Text(
            "LoRA+ gives the second matrix a higher learning rate. LoRA-FA leaves the first one as it fell, "
            "which halves the numbers that are trained.",
            "LoRA+ 给第二个矩阵更高的学习率。LoRA-FA 让第一个矩阵保持初始随机值，训练的参数减少一半。",
        ),
        usual=Text("both alike", "同样更新"),
    ),
    Param(
        key="plus_ratio",
        kind="float",
        default=8.0,
        minimum=1.0,
        maximum=64.0,
        step=1,
        label=Text("LoRA+: how much faster", "LoRA+：快多少倍"),
        help=Text(
            "For LoRA+: learning rate of the second matrix as a multiple of the first one's.",
            "用于 LoRA+：第二个矩阵的学习率是第一个的多少倍。",
        ),
        usual=Text("4 to 16, with half the usual learning rate", "4 到 16，学习率减半"),
    ),
)

LORA_VARIANTS = (
    Variant(
        key="rslora",
        label=Text("rsLoRA", "rsLoRA"),
        tagline=Text("LoRA whose high ranks learn as they should.", "让高秩真正发挥作用的 LoRA。"),
        values={"rslora": True, "rank": 64, "alpha": 16},
        paper="Kalajdzievski 2023, A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA, arXiv:2312.03732",
    ),
    Variant(
        key="dora",
        label=Text("DoRA", "DoRA"),
        tagline=Text("LoRA that learns size and direction apart.", "把大小与方向分开学习的 LoRA。"),
        values={"dora": True},
        paper="Liu et al. 2024, DoRA: Weight-Decomposed Low-Rank Adaptation, arXiv:2402.09353",
    ),
    Variant(
        key="pissa",
        label=Text("PiSSA", "PiSSA"),
        tagline=Text("LoRA that starts from what matters most in the weights.", "从权重最重要的部分开始的 LoRA。"),
        values={"start": "pissa", "alpha": 16},
        training={"learning_rate": 3e-4},
        paper="Meng et al. 2024, PiSSA: Principal Singular Values and Singular Vectors Adaptation, arXiv:2404.02948",
    ),
    Variant(
        key="olora",
        label=Text("OLoRA", "OLoRA"),
        tagline=Text("LoRA that starts from right-angled directions of the weights.", "从权重的正交方向开始的 LoRA。"),
        values={"start": "olora", "alpha": 16},
        training={"learning_rate": 3e-4},
        paper="Büyükakyüz 2024, OLoRA: Orthonormal Low-Rank Adaptation of Large Language Models, arXiv:2406.01775",
    ),
    Variant(
        key="lora_plus",
        label=Text("LoRA+", "LoRA+"),
        tagline=Text("LoRA whose second matrix learns faster.", "第二个矩阵学得更快的 LoRA。"),
        values={"updates": "plus"},
        training={"learning_rate": 5e-4},
        paper="Hayou et al. 2024, LoRA+: Efficient Low Rank Adaptation of Large Models, arXiv:2402.12354",
    ),
    Variant(
        key="lora_fa",
        label=Text("LoRA-FA", "LoRA-FA"),
        tagline=Text("LoRA that trains one matrix of the two.", "两个矩阵只训练一个的 LoRA。"),
        values={"updates": "b_only"},
        paper="Zhang et al. 2023, LoRA-FA: Memory-efficient Low-rank Adaptation for LLMs Fine-tuning, arXiv:2308.03303",
    ),
)

LORA_LEARN = Learn(
    what=Text(
        "The model's weights stay as they are; beside each linear layer a narrow detour of two thin matrices is learnt, "
        "and its output is added. Thin matrices are enough because what a new task asks for is a simple change, "
        "even of a large model.",
        "模型的权重保持不变；在每个线性层旁学习一条由两个细长矩阵组成的窄旁路，并把它的输出加上去。"
        "细长矩阵就够用，因为即使是大模型，新任务所需的改变也很简单。",
    ),
    trains=Text("The two thin matrices beside each chosen layer.", "每个所选层旁的两个细长矩阵。"),
    frozen=Text("Every weight of the model.", "模型的全部权重。"),
    when=Text(
        "Almost always first: teaching a style, a format, a domain's language, from a hundred examples on.",
        "几乎总是首选：学习风格、格式、领域用语，从一百个样本起就可以。",
    ),
    when_not=Text(
        "When a model must learn a great deal that is new, such as another language: then full training goes further.",
        "需要学习大量全新内容（如一门新语言）时：全量微调能走得更远。",
    ),
    strengths=(
        Text("A few megabytes, switched on and off at will.", "只有几兆字节，可随时开关。"),
        Text("Can be merged: no slower than the base afterwards.", "可以合并：之后与基座模型一样快。"),
        Text("Several can answer side by side from one loaded model.", "多个适配器可在同一个已加载的模型上并排作答。"),
    ),
    weaknesses=(
        Text("Rank and learning rate have to suit each other.", "秩与学习率需要相互匹配。"),
        Text("Learns less from very much data than full training.", "数据非常多时学到的不如全量微调。"),
    ),
    paper="Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685",
    formula="layers × rank × Σ (inputs + outputs)",
)
