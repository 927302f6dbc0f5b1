"""BitFit (Ben Zaken et al. 2021, arXiv:2106.10199): only biases are trained."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="added",
        kind="bool",
        default=True,
        advanced=False,
        label=Text("methods.bitfit.added.label"),
        help=Text("methods.bitfit.added.help"),
        usual=Text("methods.bitfit.added.usual"),
    ),
)


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    """A trained vector on top of each bias: frozen bias + vector is what training the bias itself would give."""
    from peft import BeftConfig, get_peft_model

    from engine.training.tuners import structure

    free = structure.adaptable(model)
    paths = [path for path, module in free.items() if values["added"] or module.bias is not None]
    return get_peft_model(model, BeftConfig(target_modules=structure.endings(model, paths), task_type="CAUSAL_LM"))


def _merge(model: Model) -> Model:
    """The vectors as biases of a plain model. Raises Fault("bitfit.no_place") where its family cannot have them."""
    from engine.training.tuners.biases import merge_biases

    return merge_biases(model)


def _chosen(shape: ModelShape, values: Values) -> list[str]:
    return [name for name in shape.reached if values["added"] or name in shape.linear_biases]


def _trainable(shape: ModelShape, values: Values) -> int:
    """One number for each output of each chosen linear module."""
    return shape.over_layers(lambda _, outputs: outputs, _chosen(shape, values))


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    if shape.turned:
        yield Refusal("method", "bitfit.turned_weights", {"family": shape.family})
    elif not _trainable(shape, values):
        yield Refusal("method.added", "bitfit.no_biases")


BITFIT = Method(
    key="bitfit",
    family="selective",
    label=Text("methods.bitfit.label"),
    tagline=Text("methods.bitfit.tagline"),
    help=Text("methods.bitfit.help"),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 5e-3, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.bitfit.trainable_source"),
    changed=_trainable,
    rank=lambda _shape, _values: None,
    refusals=_refusals,
    adapts=_chosen,
    merge=_merge,
    notes=(
        Text("methods.bitfit.notes.the_paper_trains_the"),
        Text("methods.bitfit.notes.added_biases_can_be"),
    ),
    capabilities=Capabilities(
        merge=True,
        toggle=True,
        why_not={"batch": TURN_BY_TURN},
    ),
    learn=Learn(
        what=Text("methods.bitfit.learn.what"),
        trains=Text("methods.bitfit.learn.trains"),
        frozen=Text("methods.bitfit.learn.frozen"),
        when=Text("methods.bitfit.learn.when"),
        when_not=Text("methods.bitfit.learn.when_not"),
        strengths=(
            Text("methods.bitfit.learn.strengths.hardly_any_memory_for"),
            Text("methods.bitfit.learn.strengths.costs_no_time_in"),
        ),
        weaknesses=(
            Text("methods.bitfit.learn.weaknesses.learns_less_than_lora"),
            Text("methods.bitfit.learn.weaknesses.needs_a_higher_learning"),
        ),
        paper="Ben Zaken et al. 2021, BitFit: Simple Parameter-efficient Fine-tuning, arXiv:2106.10199",
        formula="layers × sum of the outputs of the linear modules",
    ),
)
