"""VeRA (Kopiczko et al. 2023, arXiv:2310.11454): all layers share one frozen random pair of matrices; each learns two vectors."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import (
    DROPOUT_PARAM,
    MODULES_PARAM,
    TURN_BY_TURN,
    chosen_linears,
    refuse_missing,
    targets,
    weights_of,
)
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="rank",
        kind="int",
        default=256,
        minimum=1,
        maximum=2048,
        step=1,
        advanced=False,
        label=Text("methods.vera.rank.label"),
        help=Text("methods.vera.rank.help"),
        usual=Text("methods.vera.rank.usual"),
    ),
    DROPOUT_PARAM,
    MODULES_PARAM,
)


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    """The random pair is stored with the result: drawn anew from its seed it could differ on another version or machine."""
    from peft import VeraConfig, get_peft_model

    config = VeraConfig(
        r=values["rank"],
        vera_dropout=values["dropout"],
        target_modules=targets(values, model),
        save_projection=True,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _trainable(shape: ModelShape, values: Values) -> int:
    return shape.over_layers(lambda _, outputs: outputs + int(values["rank"]), chosen_linears(shape, values))


def _shared(shape: ModelShape, values: Values) -> int:
    """Numbers of the random pair, as large as the largest layer."""
    sizes = chosen_linears(shape, values).values()
    return int(values["rank"] * sum(max((one[side] for one in sizes), default=0) for side in (0, 1)))


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """The random pair; each module's output and the numbers between the pair, before they are weighed; masks of dropout."""
    sizes = chosen_linears(shape, values).values()
    masks = sum(inputs for inputs, _ in sizes) if values["dropout"] else 0
    return Footprint(
        kept=sum(values["rank"] + outputs for _, outputs in sizes) + masks,
        held=_shared(shape, values),
        recast=values["rank"] * shape.over_layers(lambda i, o: i + o, chosen_linears(shape, values)),
    )


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    yield from refuse_missing(shape, values)


VERA = Method(
    key="vera",
    family="low_rank",
    label=Text("methods.vera.label"),
    tagline=Text("methods.vera.tagline"),
    help=Text("methods.vera.help"),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 0.01, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.vera.trainable_source"),
    changed=weights_of,
    rank=lambda shape, values: min(
        values["rank"], max((min(s) for s in chosen_linears(shape, values).values()), default=0)
    ),
    stored=lambda shape, values: _trainable(shape, values) + _shared(shape, values),
    footprint=_footprint,
    refusals=_refusals,
    adapts=chosen_linears,
    notes=(Text("methods.vera.notes"),),
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text("methods.vera.learn.what"),
        trains=Text("methods.vera.learn.trains"),
        frozen=Text("methods.vera.learn.frozen"),
        when=Text("methods.vera.learn.when"),
        when_not=Text("methods.vera.learn.when_not"),
        strengths=(
            Text("methods.vera.learn.strengths.few_trained_numbers_little"),
            Text("methods.vera.learn.strengths.can_be_merged_can"),
        ),
        weaknesses=(
            Text("methods.vera.learn.weaknesses.calculates_with_a_high"),
            Text("methods.vera.learn.weaknesses.needs_a_learning_rate"),
        ),
        paper="Kopiczko et al. 2023, VeRA: Vector-based Random Matrix Adaptation, arXiv:2310.11454",
        formula="layers × Σ (outputs + rank)",
    ),
)
