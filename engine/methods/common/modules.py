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
    """(inputs, outputs) of the chosen linear modules that a layer can have. All of them means all that can be adapted."""
    free = {name: sizes for name, sizes in shape.reached.items() if name not in shape.converted}
    if _all_chosen(values):
        return free
    return {name: sizes for name, sizes in free.items() if {name, name.rsplit(".", 1)[-1]} & set(values["modules"])}


def targets(values: Values, model: Model) -> list[str]:
    """The chosen modules as PEFT wants them, by endings of their paths that no other module has.

    "all-linear" would take in what its adapters do not reach, and in a mixture of experts the experts too, which are no linear
    modules: PEFT would form all their weights anew in each pass.
    """
    from engine.training.tuners import structure

    free = structure.adaptable(model)
    taken = structure.taken_for_experts(model, free)
    paths = [path for path in free if path not in taken]
    if not _all_chosen(values):
        paths = [path for path in paths if structure.is_named(path, set(values["modules"]))]
    return structure.endings(model, paths)


def weights_of(shape: ModelShape, values: Values) -> int:
    """Every weight of the chosen matrices of all layers."""
    return shape.over_layers(lambda inputs, outputs: inputs * outputs, chosen_linears(shape, values))


def full_rank(shape: ModelShape, values: Values) -> int:
    """The highest rank that a change of a chosen matrix can have at all."""
    return max((min(sizes) for sizes in chosen_linears(shape, values).values()), default=0)


def refuse_missing(shape: ModelShape, values: Values) -> Iterator[Refusal]:
    """Where the model has none of the chosen layers."""
    if not chosen_linears(shape, values):
        params = {"family": shape.family, "chosen": ", ".join(values["modules"]), "known": ", ".join(shape.reached)}
        yield Refusal("method.modules", "method.no_such_layers", params)


def _all_chosen(values: Values) -> bool:
    return set(values["modules"]) >= set(MODULES)
