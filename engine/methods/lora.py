"""LoRA (Hu et al. 2021, arXiv:2106.09685): a low-rank pair of matrices beside each frozen linear layer."""

from __future__ import annotations

from engine.methods.base import Capabilities, Method, Model, Run, Values
from engine.methods.shape import ModelShape
from engine.params import Param
from engine.text import Text

_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

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
            "How much the adapter can change. Higher learns more and needs more memory; too high learns by heart.",
            "适配器能改变多少。越大学得越多、占用内存越多；过大容易死记硬背。",
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
            "Share of the adapter's inputs switched off at random, against learning by heart. Costs about a fifth of the speed.",
            "训练时随机关闭的适配器输入比例，防止死记硬背。会降低约五分之一的速度。",
        ),
        usual=Text("0, or 0.05 for long runs", "0；长时间训练用 0.05"),
    ),
    Param(
        key="modules",
        kind="multi",
        default=list(_MODULES),
        choices={name: Text(name, name) for name in _MODULES},
        label=Text("Layers to adapt", "要适配的层"),
        help=Text(
            "Which linear layers of each block get an adapter. All of them learns best for its cost.",
            "每个模块中哪些线性层带适配器。全选时性价比最好。",
        ),
        usual=Text("all", "全选"),
    ),
)


def _all_chosen(values: Values) -> bool:
    """All of them means all that the model has, whatever its family calls them."""
    return set(values["modules"]) >= set(_MODULES)


def apply_lora(model: Model, values: Values, _run: Run) -> Model:
    """Wrap `model` in LoRA adapters. Raises nothing of its own: modules are checked against the model by PEFT."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=values["rank"],
        lora_alpha=values["alpha"],
        lora_dropout=values["dropout"],
        target_modules="all-linear" if _all_chosen(values) else list(values["modules"]),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def lora_parameters(shape: ModelShape, values: Values) -> int:
    """rank x (inputs + outputs) for each adapted matrix (arXiv:2106.09685, section 4.2)."""
    chosen = [sizes for name, sizes in shape.linears.items() if _all_chosen(values) or name in values["modules"]]
    return shape.layers * values["rank"] * sum(inputs + outputs for inputs, outputs in chosen)


def lora_changed(shape: ModelShape, values: Values) -> int:
    """Every weight of the adapted matrices."""
    chosen = [sizes for name, sizes in shape.linears.items() if _all_chosen(values) or name in values["modules"]]
    return shape.layers * sum(inputs * outputs for inputs, outputs in chosen)


LORA = Method(
    key="lora",
    family="low_rank",
    label=Text("LoRA", "LoRA"),
    tagline=Text("Fast, small, and the right first choice.", "快速、小巧，首选方法。"),
    help=Text(
        "Keeps the model as it is and learns a small add-on beside each layer. "
        "The result is a few megabytes, can be switched off, and trains on modest hardware.",
        "保持原模型不变，在每一层旁边学习一个小的附加部分。结果只有几兆字节，可随时关闭，普通硬件即可训练。",
    ),
    saves="adapter",
    params=LORA_PARAMS,
    defaults={"learning_rate": 1e-3, "epochs": 4},
    apply=apply_lora,
    trainable=lora_parameters,
    trainable_source="arXiv:2106.09685, section 4.2",
    changed=lora_changed,
    rank=lambda _shape, values: values["rank"],
    recommended=True,
    capabilities=Capabilities(merge=True, toggle=True, batch=True),
)
