"""Settings that every objective of training has: declared once, each objective places them among its own."""

from __future__ import annotations

from collections.abc import Iterable

from engine.base_formats import BASE_FORMATS
from engine.base_formats.declaration import BaseFormat
from engine.core.params import Param
from engine.core.text import Text
from engine.optimizers import OPTIMIZERS
from engine.optimizers.declaration import Optimizer

_SCHEDULES = {
    "linear": Text("Linear: falls evenly to 0", "线性：均匀降到 0"),
    "cosine": Text("Cosine: falls along a cosine", "余弦：沿余弦曲线下降"),
    "constant": Text("Constant: stays the same", "恒定：保持不变"),
    "constant_with_warmup": Text("Constant after the warm-up", "预热后恒定"),
}
_BASE_FORMATS = {held.key: held.label for held in BASE_FORMATS}
_OPTIMIZERS = {optimizer.key: optimizer.label for optimizer in OPTIMIZERS}


def _explained(lead: Text, choices: Iterable[Optimizer | BaseFormat]) -> Text:
    """A help text that ends with a sentence for each choice."""
    english, chinese = (
        " ".join(f"{one.label.in_(lang)}{colon}{one.help.in_(lang)}" for one in choices)
        for lang, colon in (("en", ": "), ("zh", "："))
    )
    return Text(f"{lead.en} {english}", f"{lead.zh}{chinese}")


# fmt: off
EPOCHS = Param(
    key="epochs", kind="float", default=3, minimum=0.01, maximum=1000, step=1, advanced=False,
    label=Text("Epochs", "训练轮数"),
    help=Text("How many times each example is seen: 3 epochs are three rounds over the data.", "整份数据被学习的遍数（epoch）：每个样本被看到的次数。"),
    usual=Text("3 to 10 for small data, 1 to 3 for large", "小数据 3 到 10，大数据 1 到 3"),
)
LEARNING_RATE = Param(
    key="learning_rate", kind="float", default=2e-4, minimum=1e-8, maximum=10.0, scale="log", advanced=False,
    label=Text("Learning rate", "学习率"),
    help=Text(
        "Size of each step. Too low learns nothing, too high breaks the model.",
        "每一步的大小。太低学不到东西，太高会损坏模型。",
    ),
    usual=Text("0.0001 to 0.001 for LoRA, 0.00001 to 0.0001 for full", "LoRA 0.0001 到 0.001，全量 0.00001 到 0.0001"),
)
BATCH_SIZE = Param(
    key="batch_size", kind="int", default=8, minimum=1, maximum=4096, step=1, advanced=False,
    label=Text("Batch size", "批大小"),
    help=Text(
        "Examples in one optimizer step. Memory does not depend on it: they are worked through in micro-batches (gradient accumulation).",
        "每个优化步使用的样本数。内存不受影响：样本会分成微批次处理（梯度累积）。",
    ),
    usual=Text("4 to 32", "4 到 32"),
)
MAX_LENGTH = Param(
    key="max_length", kind="int", default=512, minimum=16, maximum=131072, step=16, advanced=False,
    label=Text("Maximum length", "最大长度"), unit=Text("tokens", "词元"),
    help=Text("Examples with more tokens than this are truncated or left out, as chosen below.", "词元数超过此值的样本按下面的选择截断或丢弃。"),
    usual=Text("512 to 2,048", "512 到 2,048"),
)
SCHEDULE = Param(
    key="schedule", kind="choice", default="linear", choices=_SCHEDULES,
    label=Text("Learning rate schedule", "学习率调度"),
    help=Text("How the learning rate changes during training.", "学习率在训练中如何变化。"),
    usual=Text("linear or cosine", "线性或余弦"),
)
WARMUP = Param(
    key="warmup", kind="float", default=0.05, minimum=0.0, maximum=0.9, step=0.01,
    label=Text("Warm-up ratio", "预热比例"),
    help=Text("Share of all steps in which the learning rate rises from 0.", "学习率从 0 上升所占的步数比例。"),
    usual=Text("0.03 to 0.1", "0.03 到 0.1"),
)
WEIGHT_DECAY = Param(
    key="weight_decay", kind="float", default=0.0, minimum=0.0, maximum=1.0, step=0.01,
    label=Text("Weight decay", "权重衰减"),
    help=Text("Pulls weights towards 0, against overfitting (learning by heart).", "把权重拉向 0，防止过拟合（死记硬背）。"),
    usual=Text("0 to 0.1", "0 到 0.1"),
)
MAX_GRAD_NORM = Param(
    key="max_grad_norm", kind="float", default=1.0, minimum=0.0, maximum=1000.0, step=0.1,
    label=Text("Gradient clipping", "梯度裁剪"),
    help=Text("Largest allowed gradient norm; 0 switches clipping off.", "梯度范数的上限；0 表示不裁剪。"),
    usual=Text("1", "1"),
)
OPTIMIZER = Param(
    key="optimizer", kind="choice", default=OPTIMIZERS[0].key, choices=_OPTIMIZERS,
    label=Text("Optimizer", "优化器"),
    help=_explained(
        Text("The rule that turns gradients into updates of the parameters.", "把梯度变成参数更新的规则。"), OPTIMIZERS
    ),
    usual=Text("AdamW", "AdamW"),
)
CHECKPOINTING = Param(
    key="checkpointing", kind="choice", default="auto",
    choices={"auto": Text("When memory is short", "内存不足时"), "on": Text("Always", "总是"), "off": Text("Never", "从不")},
    label=Text("Activation checkpointing", "激活检查点"),
    help=Text("Also called gradient checkpointing: activations are recomputed when they are needed. Saves about half of the working memory for a third of the speed.", "也叫梯度检查点：需要时重算激活值。节省约一半工作内存，速度降低三分之一。"),
    usual=Text("when memory is short", "内存不足时"),
)
QUANTISATION = Param(
    key="quantisation", kind="choice", default=BASE_FORMATS[0].key, choices=_BASE_FORMATS,
    label=Text("Quantisation of the base model", "基座模型的量化"),
    help=_explained(
        Text(
            "Holds the frozen weights in fewer bits. Saves memory, not time; whatever is trained stays in full precision.",
            "用更少的位数保存被冻结的权重。节省的是内存而不是时间；被训练的部分仍是完整精度。",
        ),
        BASE_FORMATS,
    ),
    usual=Text("not quantised; NF4 when memory is short", "不量化；内存不足时用 NF4"),
)
DOUBLE_QUANTISATION = Param(
    key="double_quantisation", kind="bool", default=True,
    label=Text("Double quantisation", "双重量化"),
    help=Text(
        "For 4 bits: the scales of the blocks of weights are quantised as well, which saves about 0.4 bits a weight.",
        "用于 4 位：每块权重的缩放常数也被量化，每个权重再省约 0.4 位。",
    ),
    usual=Text("yes", "是"),
)
EVALUATIONS = Param(
    key="evaluations", kind="int", default=4, minimum=0, maximum=1000, step=1,
    label=Text("Evaluations during training", "训练中的评估次数"),
    help=Text(
        "How often the validation split is scored, the sample questions answered and a checkpoint kept.",
        "对验证集评分、回答示例问题并保存检查点的次数。",
    ),
    usual=Text("4 to 10", "4 到 10"),
)
KEEP_CHECKPOINTS = Param(
    key="keep_checkpoints", kind="int", default=2, minimum=1, maximum=100, step=1,
    label=Text("Checkpoints to keep", "保留检查点数"),
    help=Text("Older checkpoints are deleted to save disk.", "更旧的检查点会被删除以节省磁盘。"),
    usual=Text("2", "2"),
)
SEED = Param(
    key="seed", kind="int", default=42, minimum=0, maximum=2**31 - 1, step=1,
    label=Text("Seed", "随机种子"),
    help=Text("The same seed gives the same run on the same machine.", "同一台机器上相同的种子得到相同的结果。"),
    usual=Text("any", "任意"),
)
# fmt: on
