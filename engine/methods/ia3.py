"""IA3 (Liu et al. 2022, arXiv:2205.05638): keys, values and the inner part of the feed-forward are stretched by trained factors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_ATTENTION = ("k_proj", "v_proj", "query_key_value", "qkv_proj", "c_attn")  # by what each family calls them
_FEED_FORWARD = ("down_proj", "dense_4h_to_h", "mlp.c_proj", "fc2", "w2", "output_linear", "fc_out")
_PLACES = {"attention": _ATTENTION, "feed_forward": _FEED_FORWARD}

_PARAMS = (
    Param(
        key="places",
        kind="multi",
        default=["attention", "feed_forward"],
        choices={
            "attention": Text("methods.ia3.places.choices.attention"),
            "feed_forward": Text("methods.ia3.places.choices.feed_forward"),
        },
        label=Text("methods.ia3.places.label"),
        help=Text("methods.ia3.places.help"),
        usual=Text("methods.ia3.places.usual"),
    ),
)


def _chosen(values: Values, names: Iterable[str]) -> dict[str, bool]:
    """Module name -> whether its inputs (not its outputs) are stretched, for those of `names` that the method takes."""
    wanted = [(f".{name}", place == "feed_forward") for place in values["places"] for name in _PLACES[place]]
    return {known: inner for known in names for end, inner in wanted if f".{known}".endswith(end)}


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from peft import IA3Config, get_peft_model

    from engine.training.tuners import structure

    chosen = _chosen(values, structure.adaptable(model))
    config = IA3Config(
        target_modules=structure.endings(model, chosen),
        feedforward_modules=structure.endings(model, [name for name, inner in chosen.items() if inner]),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _trainable(shape: ModelShape, values: Values) -> int:
    chosen = _chosen(values, shape.reached)
    return sum(shape.times(name) * shape.linears[name][0 if inner else 1] for name, inner in chosen.items())


def _changed(shape: ModelShape, values: Values) -> int:
    chosen = _chosen(values, shape.reached)
    weights = shape.over_layers(lambda inputs, outputs: inputs * outputs, chosen)
    biased = [name for name, inner in chosen.items() if not inner and name in shape.linear_biases]
    return weights + shape.over_layers(lambda _, outputs: outputs, biased)


def _rank(shape: ModelShape, values: Values) -> int | None:
    return max((min(shape.linears[name]) for name in _chosen(values, shape.reached)), default=0)


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """What is stretched: outputs, or inputs."""
    chosen = _chosen(values, shape.reached)
    return Footprint(kept=sum(shape.linears[name][0 if inner else 1] for name, inner in chosen.items()))


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    if not _chosen(values, shape.reached):
        yield Refusal("method.places", "ia3.no_places", {"family": shape.family})


IA3 = Method(
    key="ia3",
    family="low_rank",
    label=Text("methods.ia3.label"),
    tagline=Text("methods.ia3.tagline"),
    help=Text("methods.ia3.help"),
    saves="adapter",
    footprint=_footprint,
    params=_PARAMS,
    defaults={"learning_rate": 0.03, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.ia3.trainable_source"),
    changed=_changed,
    rank=_rank,
    refusals=_refusals,
    adapts=lambda shape, values: _chosen(values, shape.reached),
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text("methods.ia3.learn.what"),
        trains=Text("methods.ia3.learn.trains"),
        frozen=Text("methods.ia3.learn.frozen"),
        when=Text("methods.ia3.learn.when"),
        when_not=Text("methods.ia3.learn.when_not"),
        strengths=(
            Text("methods.ia3.learn.strengths.kilobytes_instead_of_megabytes"),
            Text("methods.ia3.learn.strengths.can_be_merged_can"),
        ),
        weaknesses=(
            Text("methods.ia3.learn.weaknesses.needs_a_learning_rate"),
            Text("methods.ia3.learn.weaknesses.learns_the_least_of"),
        ),
        paper="Liu et al. 2022, Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning, arXiv:2205.05638",
        formula="layers × (keys + values + feed-forward width)",
    ),
)
