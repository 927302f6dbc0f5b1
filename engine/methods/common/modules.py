"""What methods that change linear layers have in common: which layers, on whatever family, and how many numbers they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.params import Param
from engine.core.text import Text, verbatim
from engine.methods.common.declaration import Model, Refusal, Values
from engine.methods.common.shape import ModelShape

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

MODULES_PARAM = Param(
    key="modules",
    kind="multi",
    default=list(MODULES),
    choices={name: verbatim(name) for name in MODULES},
    label=Text("methods.common.modules.label"),
    help=Text("methods.common.modules.help"),
    usual=Text("methods.common.modules.usual"),
)

DROPOUT_PARAM = Param(
    key="dropout",
    kind="float",
    default=0.0,
    minimum=0.0,
    maximum=0.9,
    step=0.05,
    label=Text("methods.common.modules.dropout.label"),
    help=Text("methods.common.modules.dropout.help"),
    usual=Text("methods.common.modules.dropout.usual"),
)

TURN_BY_TURN = Text("methods.common.modules.turn_by_turn")


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
