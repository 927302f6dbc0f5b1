"""What methods that change linear layers have in common: which layers, on whatever family, and how many numbers they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Model, Refusal, Values
from engine.methods.common.shape import ModelShape

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

MODULES_PARAM = Param(
    key="modules",
    kind="multi",
    default=list(MODULES),
    choices={name: Text(name, name) for name in MODULES},
    label=Text("Layers to adapt", "要适配的层"),
    help=Text(
        "Which linear layers of each block are adapted. All of them learns best for its cost, "
        "and means every linear layer of the model, whatever its family calls them.",
        "每个模块中哪些线性层参与适配。全选时性价比最好，并且表示模型的所有线性层，无论该系列如何命名。",
    ),
    usual=Text("all", "全选"),
)

DROPOUT_PARAM = Param(
    key="dropout",
    kind="float",
    default=0.0,
    minimum=0.0,
    maximum=0.9,
    step=0.05,
    label=Text("Dropout", "随机失活（dropout）"),
    help=Text(
        "Share of the adapter's inputs switched off at random, against overfitting.",
        "训练时随机关闭的适配器输入比例，防止过拟合。",
    ),
    usual=Text("0, or 0.05 for long runs", "0；长时间训练用 0.05"),
)

TURN_BY_TURN = Text(
    "its layers cannot tell the rows of a batch apart, so the model answers for each side in turn",
    "它的层无法区分同一批次中的各行，因此模型会依次为每一侧作答",
)


def chosen_linears(shape: ModelShape, values: Values) -> Mapping[str, tuple[int, int]]:
    """(inputs, outputs) of the chosen linear modules of one layer. All of them means all that the model has."""
    if _all_chosen(values):
        return shape.linears
    return {name: sizes for name, sizes in shape.linears.items() if name in values["modules"]}


def targets(values: Values, model: Model) -> str | list[str]:
    """The chosen modules as PEFT wants them.

    In a mixture of experts all of them are named: PEFT would take "all-linear" to mean the experts too, which are no linear
    modules, and form all their weights anew in each pass.
    """
    if not _all_chosen(values):
        return list(values["modules"])
    text = model.config.get_text_config(decoder=True)
    if not any(getattr(text, name, None) for name in ("num_local_experts", "num_experts")):
        return "all-linear"
    from torch import nn

    from engine.training.tuners import structure

    linears = structure.layer_linears(structure.decoder_layers(model)[0])
    return sorted({path.rsplit(".", 1)[-1] for path, module in linears if type(module) is nn.Linear})


def weights_of(shape: ModelShape, values: Values) -> int:
    """Every weight of the chosen matrices of all layers."""
    return shape.layers * sum(inputs * outputs for inputs, outputs in chosen_linears(shape, values).values())


def full_rank(shape: ModelShape, values: Values) -> int:
    """The highest rank that a change of a chosen matrix can have at all."""
    return max((min(sizes) for sizes in chosen_linears(shape, values).values()), default=0)


def refuse_missing(shape: ModelShape, values: Values) -> Iterator[Refusal]:
    """Where the model has none of the chosen layers."""
    if not chosen_linears(shape, values):
        params = {"family": shape.family, "chosen": ", ".join(values["modules"])}
        yield Refusal("method.modules", "method.no_such_layers", params)


def _all_chosen(values: Values) -> bool:
    return set(values["modules"]) >= set(MODULES)
