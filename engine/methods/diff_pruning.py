"""Diff pruning (Guo et al. 2020, arXiv:2012.07463): a sparse difference to the model, whose places are trained too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.shape import ModelShape

if TYPE_CHECKING:
    from torch import Tensor

_PARAMS = (
    Param(
        key="share",
        kind="float",
        default=0.005,
        minimum=0.00001,
        maximum=0.5,
        scale="log",
        advanced=False,
        label=Text("methods.diff_pruning.share.label"),
        help=Text("methods.diff_pruning.share.help"),
        usual=Text("methods.diff_pruning.share.usual"),
    ),
    Param(
        key="choose_at",
        kind="float",
        default=0.5,
        minimum=0.05,
        maximum=0.95,
        step=0.05,
        label=Text("methods.diff_pruning.choose_at.label"),
        help=Text("methods.diff_pruning.choose_at.help"),
        usual=Text("methods.diff_pruning.choose_at.usual"),
    ),
    Param(
        key="penalty",
        kind="float",
        default=1.25e-7,
        minimum=0.0,
        maximum=0.001,
        scale="log",
        label=Text("methods.diff_pruning.penalty.label"),
        help=Text("methods.diff_pruning.penalty.help"),
        usual=Text("methods.diff_pruning.penalty.usual"),
    ),
)


def _apply(model: Model, values: Values, run: RunContext) -> Model:
    from engine.training.tuners import diff_pruning

    at = max(1, round(values["choose_at"] * run.steps))
    return diff_pruning.put_on(model, values["share"], at, values["penalty"])


def _after_update(model: Model, step: int) -> None:
    from engine.training.tuners import diff_pruning

    diff_pruning.after_update(model, step)


def _penalty(model: Model) -> Tensor:
    from engine.training.tuners import diff_pruning

    return diff_pruning.penalty(model)


def _figures(model: Model) -> Mapping[str, float]:
    from engine.training.tuners import diff_pruning

    return diff_pruning.figures(model)


def _state(model: Model) -> Mapping[str, Tensor]:
    from engine.training.tuners import diff_pruning

    return diff_pruning.state(model)


def _restore(model: Model, stored: Mapping[str, Tensor]) -> None:
    from engine.training.tuners import diff_pruning

    diff_pruning.restore(model, stored)


def _save(model: Model, folder: Path, _run: RunContext) -> None:
    from engine.training.tuners import diff_pruning

    diff_pruning.save(model, folder)


def _weights(shape: ModelShape) -> int:
    return shape.over_layers(lambda inputs, outputs: inputs * outputs, shape.reached)


def _changed(shape: ModelShape, values: Values) -> int:
    return max(1, round(_weights(shape) * values["share"]))


def _footprint(shape: ModelShape, _values: Values) -> Footprint:
    """How far each gate is open, until the backward pass and again in the penalty's; five matrices at work for one module."""
    largest = max(inputs * outputs for inputs, outputs in shape.reached.values())
    weights = _weights(shape)
    return Footprint(reads=inputs_of(shape), built=weights, once=5 * largest, after=weights)


DIFF_PRUNING = Method(
    key="diff_pruning",
    family="research",
    label=Text("methods.diff_pruning.label"),
    tagline=Text("methods.diff_pruning.tagline"),
    help=Text("methods.diff_pruning.help"),
    saves="delta",
    params=_PARAMS,
    defaults={"learning_rate": 1e-3, "epochs": 4},
    apply=_apply,
    after_update=_after_update,
    penalty=_penalty,
    figures=_figures,
    state=_state,
    restore=_restore,
    save=_save,
    goes_on=Text("methods.diff_pruning.goes_on"),
    trainable=lambda shape, _values: 2 * _weights(shape),
    trainable_source=Text("methods.diff_pruning.trainable_source"),
    changed=_changed,
    rank=lambda shape, _values: shape.hidden,
    stored=lambda shape, values: 3 * _changed(shape, values),  # a value of 4 bytes and its place of 8
    footprint=_footprint,
    expected_fall=0.1,
    notes=(
        Text("methods.diff_pruning.notes.half_of_the_steps"),
        Text("methods.diff_pruning.notes.while_it_trains_each"),
        Text("methods.diff_pruning.notes.a_job_that_is"),
    ),
    capabilities=Capabilities(
        merge=True,
        toggle=True,
        quantised_base=False,
        why_not={
            "quantised_base": Text("methods.diff_pruning.capabilities.why_not.quantised_base"),
            "batch": Text("methods.diff_pruning.capabilities.why_not.batch"),
        },
    ),
    learn=Learn(
        what=Text("methods.diff_pruning.learn.what"),
        trains=Text("methods.diff_pruning.learn.trains"),
        frozen=Text("methods.diff_pruning.learn.frozen"),
        when=Text("methods.diff_pruning.learn.when"),
        when_not=Text("methods.diff_pruning.learn.when_not"),
        strengths=(
            Text("methods.diff_pruning.learn.strengths.shows_which_weights_a"),
            Text("methods.diff_pruning.learn.strengths.the_tuned_model_is"),
        ),
        weaknesses=(
            Text("methods.diff_pruning.learn.weaknesses.more_memory_in_training"),
            Text("methods.diff_pruning.learn.weaknesses.random_gates_make_learning"),
        ),
        paper="Guo et al. 2020, Parameter-Efficient Transfer Learning with Diff Pruning, arXiv:2012.07463",
        formula="2 × layers × weights of the linear modules in training; share × layers × weights changed in the end",
    ),
)
