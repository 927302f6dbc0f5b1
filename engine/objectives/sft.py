"""What is optimised and how: the settings of supervised fine-tuning, declared once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.base_formats import BASE_FORMATS
from engine.base_formats.declaration import BaseFormat
from engine.core.params import Param
from engine.core.text import Text
from engine.optimizers import OPTIMIZERS
from engine.optimizers.declaration import Optimizer


@dataclass(frozen=True)
class Objective:
    """A training objective and its settings; methods may give their own defaults."""

    key: str
    label: Text
    params: tuple[Param, ...]

    def params_for(self, defaults: Mapping[str, Any]) -> tuple[Param, ...]:
        """The settings with a method's own defaults."""
        return tuple(replace(p, default=defaults[p.key]) if p.key in defaults else p for p in self.params)


_SCHEDULES = {
    "linear": Text("Falls evenly to 0", "线性降到 0"),
    "cosine": Text("Falls along a cosine", "余弦下降"),
    "constant": Text("Stays the same", "保持不变"),
    "constant_with_warmup": Text("Stays the same after the warm-up", "预热后保持不变"),
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


SFT = Objective(
    key="sft",
    label=Text("Supervised fine-tuning", "监督微调"),
    params=(
        Param(
            key="epochs", kind="float", default=3, minimum=0.01, maximum=1000, step=1, advanced=False,
            label=Text("Passes over the data", "训练轮数"),
            help=Text("How many times each example is seen.", "每个样本被学习的次数。"),
            usual=Text("3 to 10 for small data, 1 to 3 for large", "小数据 3 到 10，大数据 1 到 3"),
        ),
        Param(
            key="learning_rate", kind="float", default=2e-4, minimum=1e-8, maximum=10.0, scale="log", advanced=False,
            label=Text("Learning rate", "学习率"),
            help=Text(
                "Size of each step. Too low learns nothing, too high breaks the model.",
                "每一步的大小。太低学不到东西，太高会损坏模型。",
            ),
            usual=Text("0.0001 to 0.001 for LoRA, 0.00001 to 0.0001 for full", "LoRA 0.0001 到 0.001，全量 0.00001 到 0.0001"),
        ),
        Param(
            key="batch_size", kind="int", default=8, minimum=1, maximum=4096, step=1, advanced=False,
            label=Text("Examples per step", "每步样本数"),
            help=Text(
                "How many examples each step learns from. Memory does not depend on it: they are worked through in small groups.",
                "每一步学习多少个样本。内存不受影响：样本会分成小组处理。",
            ),
            usual=Text("4 to 32", "4 到 32"),
        ),
        Param(
            key="max_length", kind="int", default=512, minimum=16, maximum=131072, step=16, advanced=False,
            label=Text("Longest example", "最长样本"), unit=Text("tokens", "词元"),
            help=Text("Examples longer than this are cut or left out, as chosen below.", "超过此长度的样本按下面的选择截断或丢弃。"),
            usual=Text("512 to 2,048", "512 到 2,048"),
        ),
        Param(
            key="over_length", kind="choice", default="truncate",
            choices={"truncate": Text("Cut the end off", "截断末尾"), "drop": Text("Leave them out", "丢弃")},
            label=Text("Too long examples", "过长的样本"),
            help=Text("What happens to examples over the limit. The review step shows how many there are.", "超过上限的样本如何处理。检查步骤会显示数量。"),
        ),
        Param(
            key="train_on", kind="choice", default="assistant",
            choices={"assistant": Text("The answers only", "仅回答"), "all": Text("Everything", "全部内容")},
            label=Text("Learn from", "学习内容"),
            help=Text("Answers only: the model learns to answer, not to ask.", "仅回答：模型学习如何回答，而不是提问。"),
            usual=Text("the answers only", "仅回答"),
        ),
        Param(
            key="schedule", kind="choice", default="linear", choices=_SCHEDULES,
            label=Text("Learning rate over time", "学习率变化"),
            help=Text("How the learning rate changes during training.", "学习率在训练中如何变化。"),
            usual=Text("falls evenly, or along a cosine", "线性或余弦下降"),
        ),
        Param(
            key="warmup", kind="float", default=0.05, minimum=0.0, maximum=0.9, step=0.01,
            label=Text("Warm-up share", "预热比例"),
            help=Text("Share of all steps in which the learning rate rises from 0.", "学习率从 0 上升所占的步数比例。"),
            usual=Text("0.03 to 0.1", "0.03 到 0.1"),
        ),
        Param(
            key="weight_decay", kind="float", default=0.0, minimum=0.0, maximum=1.0, step=0.01,
            label=Text("Weight decay", "权重衰减"),
            help=Text("Pulls weights towards 0, against learning by heart.", "把权重拉向 0，防止死记硬背。"),
            usual=Text("0 to 0.1", "0 到 0.1"),
        ),
        Param(
            key="max_grad_norm", kind="float", default=1.0, minimum=0.0, maximum=1000.0, step=0.1,
            label=Text("Gradient clipping", "梯度裁剪"),
            help=Text("Longest allowed step in gradient space; 0 switches clipping off.", "梯度的最大长度；0 表示不裁剪。"),
            usual=Text("1", "1"),
        ),
        Param(
            key="optimizer", kind="choice", default=OPTIMIZERS[0].key, choices=_OPTIMIZERS,
            label=Text("Optimizer", "优化器"),
            help=_explained(
                Text("The rule that turns gradients into updates of the parameters.", "把梯度变成参数更新的规则。"), OPTIMIZERS
            ),
            usual=Text("AdamW", "AdamW"),
        ),
        Param(
            key="checkpointing", kind="choice", default="auto",
            choices={"auto": Text("When memory is short", "内存不足时"), "on": Text("Always", "总是"), "off": Text("Never", "从不")},
            label=Text("Recompute activations", "重算激活值"),
            help=Text("Saves about half of the working memory for a third of the speed.", "节省约一半工作内存，速度降低三分之一。"),
            usual=Text("when memory is short", "内存不足时"),
        ),
        Param(
            key="quantisation", kind="choice", default=BASE_FORMATS[0].key, choices=_BASE_FORMATS,
            label=Text("Quantisation of the base model", "基础模型的量化"),
            help=_explained(
                Text(
                    "Holds the frozen weights in fewer bits. Saves memory, not time; whatever is trained stays in full precision.",
                    "用更少的位数保存被冻结的权重。节省的是内存而不是时间；被训练的部分仍是完整精度。",
                ),
                BASE_FORMATS,
            ),
            usual=Text("not quantised; NF4 when memory is short", "不量化；内存不足时用 NF4"),
        ),
        Param(
            key="double_quantisation", kind="bool", default=True,
            label=Text("Double quantisation", "双重量化"),
            help=Text(
                "For 4 bits: the scales of the blocks of weights are quantised as well, which saves about 0.4 bits a weight.",
                "用于 4 位：每块权重的缩放常数也被量化，每个权重再省约 0.4 位。",
            ),
            usual=Text("yes", "是"),
        ),
        Param(
            key="evaluations", kind="int", default=4, minimum=0, maximum=1000, step=1,
            label=Text("Checks during training", "训练中的检查次数"),
            help=Text(
                "How often the held-out examples are scored, the sample questions answered and a checkpoint kept.",
                "对验证样本评分、回答示例问题并保存检查点的次数。",
            ),
            usual=Text("4 to 10", "4 到 10"),
        ),
        Param(
            key="scored_answers", kind="int", default=0, minimum=0, maximum=500, step=1,
            label=Text("Answers to score at the end", "结束时评分的回答数"),
            help=Text(
                "So many held-out questions are answered at the end and compared with the expected answers, for the base too.",
                "结束时回答这么多个验证问题，并与参考答案比较；基础模型也会回答。",
            ),
            usual=Text("0, or 20 to compare methods", "0；比较方法时用 20"),
        ),
        Param(
            key="keep_checkpoints", kind="int", default=2, minimum=1, maximum=100, step=1,
            label=Text("Checkpoints to keep", "保留检查点数"),
            help=Text("Older checkpoints are deleted to save disk.", "更旧的检查点会被删除以节省磁盘。"),
            usual=Text("2", "2"),
        ),
        Param(
            key="seed", kind="int", default=42, minimum=0, maximum=2**31 - 1, step=1,
            label=Text("Seed", "随机种子"),
            help=Text("The same seed gives the same run on the same machine.", "同一台机器上相同的种子得到相同的结果。"),
            usual=Text("any", "任意"),
        ),
    ),
)  # fmt: skip
