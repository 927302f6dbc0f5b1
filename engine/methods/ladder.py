"""Ladder-side tuning (Sung et al. 2022, arXiv:2206.06522): a narrow side network learns, the model only runs forward."""

from __future__ import annotations

from pathlib import Path

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, GoingOn, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_HEAD = 16  # width of a side head (engine.training.tuners.ladder)
_KEPT_OF_A_BLOCK = 23  # widths of a side block: two norms 6, attention 7, MLP 8, gate 2

_PARAMS = (
    Param(
        key="reduction",
        kind="int",
        default=8,
        minimum=1,
        maximum=128,
        step=1,
        advanced=False,
        label=Text("methods.ladder.reduction.label"),
        help=Text("methods.ladder.reduction.help"),
        usual=Text("methods.ladder.reduction.usual"),
    ),
    Param(
        key="every",
        kind="int",
        default=1,
        minimum=1,
        maximum=64,
        step=1,
        label=Text("methods.ladder.every.label"),
        help=Text("methods.ladder.every.help"),
        usual=Text("methods.ladder.every.usual"),
    ),
)


def _width(shape: ModelShape, values: Values) -> int:
    """The model's width, so many times narrower, up to whole heads."""
    return -(-shape.hidden // (values["reduction"] * _HEAD)) * _HEAD


def _rungs(shape: ModelShape, values: Values) -> int:
    return -(-shape.layers // values["every"])


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from engine.training.tuners import ladder

    hidden = model.config.get_text_config(decoder=True).hidden_size
    width = -(-hidden // (values["reduction"] * _HEAD)) * _HEAD
    return ladder.build(model, width, values["every"])


def _save(model: Model, folder: Path, _run: RunContext) -> None:
    from engine.training.tuners import ladder

    ladder.save(model, folder)


def _load(model: Model, folder: Path) -> None:
    from engine.training.tuners import ladder

    ladder.load(model, folder)


def _trainable(shape: ModelShape, values: Values) -> int:
    """Blocks of 12w² + 2w and a gate, a reading of hw for each and for the embeddings, the last norm and the writing."""
    width, rungs = _width(shape, values), _rungs(shape, values)
    blocks = rungs * (12 * width**2 + 2 * width + 1)
    return blocks + (rungs + 1) * shape.hidden * width + width + width * shape.hidden


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """What is read, what the blocks keep, a mask in each; while the model runs, all its layers' outputs too."""
    width, rungs = _width(shape, values), _rungs(shape, values)
    return Footprint(
        layers=0,
        aside=(rungs + 1) * shape.hidden + rungs * _KEPT_OF_A_BLOCK * width,
        pairs=rungs,
        passing=(shape.layers + 1) * shape.hidden,
    )


LADDER = Method(
    key="ladder",
    family="research",
    label=Text("methods.ladder.label"),
    tagline=Text("methods.ladder.tagline"),
    help=Text("methods.ladder.help"),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 5e-3, "epochs": 4},
    apply=_apply,
    save=_save,
    goes_on=GoingOn(load=_load),
    trainable=_trainable,
    trainable_source=Text("methods.ladder.trainable_source"),
    changed=lambda _shape, _values: 0,
    rank=lambda _shape, _values: None,
    footprint=_footprint,
    notes=(Text("methods.ladder.notes"),),
    capabilities=Capabilities(
        merge=False,
        toggle=True,
        packing=False,
        checkpointing=False,
        why_not={
            "merge": Text("methods.ladder.capabilities.why_not.merge"),
            "packing": Text("methods.ladder.capabilities.why_not.packing"),
            "checkpointing": Text("methods.ladder.capabilities.why_not.checkpointing"),
            "batch": TURN_BY_TURN,
        },
    ),
    learn=Learn(
        what=Text("methods.ladder.learn.what"),
        trains=Text("methods.ladder.learn.trains"),
        frozen=Text("methods.ladder.learn.frozen"),
        when=Text("methods.ladder.learn.when"),
        when_not=Text("methods.ladder.learn.when_not"),
        strengths=(
            Text("methods.ladder.learn.strengths.no_backward_pass_through"),
            Text("methods.ladder.learn.strengths.works_on_a_quantised"),
        ),
        weaknesses=(
            Text("methods.ladder.learn.weaknesses.starts_as_an_untrained"),
            Text("methods.ladder.learn.weaknesses.a_second_small_cache"),
        ),
        paper="Sung et al. 2022, LST: Ladder Side-Tuning, arXiv:2206.06522",
        formula="blocks × (12 × width² + 2 × width + 1) + (blocks + 1) × hidden × width + width + width × hidden",
    ),
)
