"""LN tuning (Zhao et al. 2023, arXiv:2312.11420): only the norms between the layers are trained."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="final",
        kind="bool",
        default=True,
        label=Text("The last norm too", "包括最后的归一化层"),
        help=Text(
            "Trains the norm before the output as well, which weighs what is said at the end.",
            "同时训练输出之前的归一化层，它影响最终的输出。",
        ),
        usual=Text("yes", "是"),
    ),
)


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    """The trained copies are held in fp32, as bf16 is too coarse for steps of this size."""
    from peft import LNTuningConfig, get_peft_model

    names = [name for name, module in model.named_modules() if "norm" in type(module).__name__.lower()]
    in_layers = {name.rsplit(".", 1)[-1] for name in names if any(part.isdigit() for part in name.split("."))}
    last = {name for name in names if not any(part.isdigit() for part in name.split("."))} if values["final"] else set()
    tuned = get_peft_model(model, LNTuningConfig(target_modules=sorted(in_layers | last), task_type="CAUSAL_LM"))
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return tuned


def _trainable(shape: ModelShape, values: Values) -> int:
    last = shape.final_norm[1] if values["final"] else 0
    return shape.norm_tensors * (shape.layers * sum(shape.norm_sizes.values()) + last)


LN_TUNING = Method(
    key="ln_tuning",
    family="selective",
    label=Text("LN tuning", "LN 微调"),
    tagline=Text("Trains the norms alone.", "只训练归一化层。"),
    help=Text(
        "Trains only the small norms between the layers: a few thousandths of a per cent to a few hundredths of the model. "
        "Hardly any memory, surprisingly good at changing tone.",
        "只训练层与层之间的小型归一化层：约占模型的万分之几以下。几乎不占内存，擅长改变语气。",
    ),
    saves="adapter",
    footprint=lambda shape, values: Footprint(norms=True, aside=shape.hidden if values["final"] else 0),
    params=_PARAMS,
    defaults={"learning_rate": 0.01, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2312.11420, section 3",
    changed=_trainable,
    rank=lambda _shape, _values: None,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text(
            "Between its layers a model brings all numbers to a common size and multiplies each by a weight of its own. "
            "Only these weights are trained.",
            "模型在层与层之间把所有数值调整到同一尺度，再各乘以一个权重。这种方法只训练这些权重。",
        ),
        trains=Text("Weights (and biases) of the norms.", "归一化层的权重（和偏置）。"),
        frozen=Text("Attention, feed-forward parts and embeddings.", "注意力、前馈部分和词嵌入。"),
        when=Text("For tone and format, when next to nothing may be stored.", "用于语气和格式，且几乎不能占用存储时。"),
        when_not=Text("For new knowledge or longer answers of a new kind.", "需要新知识或全新类型的长回答时。"),
        strengths=(
            Text("The fewest numbers of all: thousands.", "参数最少：仅数千个。"),
            Text("Merges without any rounding.", "合并时毫无舍入误差。"),
        ),
        weaknesses=(Text("Learns little, needs a high learning rate.", "学到的少，需要较高的学习率。"),),
        paper="Zhao et al. 2023, Tuning LayerNorm in Attention: Towards Efficient Multi-Modal LLM Finetuning, arXiv:2312.11420",
        formula="(layers × norms + 1) × hidden × (1, or 2 with biases)",
    ),
)
