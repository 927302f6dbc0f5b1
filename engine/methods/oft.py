"""OFT (Qiu et al. 2023, arXiv:2306.07280): the inputs of each layer are turned, in blocks, and never stretched."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.modules import (
    MODULES_PARAM,
    TURN_BY_TURN,
    chosen_linears,
    full_rank,
    refuse_missing,
    targets,
    weights_of,
)
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="block",
        kind="int",
        default=32,
        minimum=2,
        maximum=1024,
        step=1,
        advanced=False,
        label=Text("methods.oft.block.label"),
        help=Text("methods.oft.block.help"),
        usual=Text("methods.oft.block.usual"),
    ),
    Param(
        key="dropout",
        kind="float",
        default=0.0,
        minimum=0.0,
        maximum=0.9,
        step=0.05,
        label=Text("methods.oft.dropout.label"),
        help=Text("methods.oft.dropout.help"),
        usual=Text("methods.oft.dropout.usual"),
    ),
    MODULES_PARAM,
    Param(
        key="exact",
        kind="bool",
        default=False,
        label=Text("methods.oft.exact.label"),
        help=Text("methods.oft.exact.help"),
        usual=Text("methods.oft.exact.usual"),
    ),
)


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from peft import OFTConfig, get_peft_model

    config = OFTConfig(
        oft_block_size=values["block"],
        module_dropout=values["dropout"],
        use_cayley_neumann=not values["exact"],
        target_modules=targets(values, model),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _trainable(shape: ModelShape, values: Values) -> int:
    """Each block is a skew-symmetric matrix: block x (block - 1) / 2 numbers, inputs / block of them a layer."""
    block = values["block"]
    blocks = shape.over_layers(lambda inputs, _: inputs // block, chosen_linears(shape, values))
    return int(blocks * (block * (block - 1) // 2))


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """The inputs that are turned, and each rotation with the powers of its series."""
    inputs, block = inputs_of(shape, chosen_linears(shape, values)), values["block"]
    places = 2 * (block * (block - 1) // 2) * 2  # row and column of each number of a block, in 8 bytes
    return Footprint(
        reads=inputs,
        casts=True,
        built=4 * block * shape.over_layers(lambda width, _: width, inputs),
        held=shape.layers * len(inputs) * places,
    )


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    yield from refuse_missing(shape, values)
    if shape.turned:
        yield Refusal("method", "oft.family", {"family": shape.family})
        return
    sizes = [inputs for inputs, _ in chosen_linears(shape, values).values()]
    block = values["block"]
    if any(size % block for size in sizes):
        fits = [n for n in range(2, min(sizes) + 1) if not any(size % n for size in sizes)]
        nearest = min(fits, key=lambda n: abs(n - block)) if fits else 1
        wrong = next(name for name, (inputs, _) in chosen_linears(shape, values).items() if inputs % block)
        yield Refusal("method.block", "oft.block", {"block": block, "layer": wrong, "nearest": nearest})


OFT = Method(
    key="oft",
    family="low_rank",
    label=Text("methods.oft.label"),
    tagline=Text("methods.oft.tagline"),
    help=Text("methods.oft.help"),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 2e-3, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.oft.trainable_source"),
    changed=weights_of,
    rank=full_rank,
    footprint=_footprint,
    refusals=_refusals,
    adapts=chosen_linears,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text("methods.oft.learn.what"),
        trains=Text("methods.oft.learn.trains"),
        frozen=Text("methods.oft.learn.frozen"),
        when=Text("methods.oft.learn.when"),
        when_not=Text("methods.oft.learn.when_not"),
        strengths=(
            Text("methods.oft.learn.strengths.keeps_the_base_s"),
            Text("methods.oft.learn.strengths.changes_every_direction_not"),
        ),
        weaknesses=(
            Text("methods.oft.learn.weaknesses.the_block_size_must"),
            Text("methods.oft.learn.weaknesses.slower_and_hungrier_than"),
        ),
        paper="Qiu et al. 2023, Controlling Text-to-Image Diffusion by Orthogonal Finetuning, arXiv:2306.07280",
        formula="layers × Σ (inputs / block) × block × (block − 1) / 2",
    ),
)
