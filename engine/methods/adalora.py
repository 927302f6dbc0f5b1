"""AdaLoRA (Zhang et al. 2023, arXiv:2303.10512): starts with too high a rank everywhere and takes away where it matters least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
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

if TYPE_CHECKING:
    from torch import Tensor

LEAST_STEPS = 8  # with fewer there is no time between the first part, in which ranks stay, and the last

_PARAMS = (
    Param(
        key="target_rank",
        kind="int",
        default=8,
        minimum=1,
        maximum=256,
        step=1,
        advanced=False,
        label=Text("methods.adalora.target_rank.label"),
        help=Text("methods.adalora.target_rank.help"),
        usual=Text("methods.adalora.target_rank.usual"),
    ),
    Param(
        key="start_rank",
        kind="int",
        default=12,
        minimum=2,
        maximum=512,
        step=1,
        label=Text("methods.adalora.start_rank.label"),
        help=Text("methods.adalora.start_rank.help"),
        usual=Text("methods.adalora.start_rank.usual"),
    ),
    Param(
        key="alpha",
        kind="int",
        default=32,
        minimum=1,
        maximum=1024,
        step=1,
        label=Text("methods.adalora.alpha.label"),
        help=Text("methods.adalora.alpha.help"),
        usual=Text("methods.adalora.alpha.usual"),
    ),
    DROPOUT_PARAM,
    MODULES_PARAM,
    Param(
        key="settle",
        kind="float",
        default=0.15,
        minimum=0.0,
        maximum=0.4,
        step=0.05,
        label=Text("methods.adalora.settle.label"),
        help=Text("methods.adalora.settle.help"),
        usual=Text("methods.adalora.settle.usual"),
    ),
    Param(
        key="finish",
        kind="float",
        default=0.3,
        minimum=0.05,
        maximum=0.4,
        step=0.05,
        label=Text("methods.adalora.finish.label"),
        help=Text("methods.adalora.finish.help"),
        usual=Text("methods.adalora.finish.usual"),
    ),
    Param(
        key="interval",
        kind="int",
        default=1,
        minimum=1,
        maximum=1000,
        step=1,
        label=Text("methods.adalora.interval.label"),
        help=Text("methods.adalora.interval.help"),
        usual=Text("methods.adalora.interval.usual"),
    ),
    Param(
        key="orthogonality",
        kind="float",
        default=0.5,
        minimum=0.0,
        maximum=10.0,
        step=0.1,
        label=Text("methods.adalora.orthogonality.label"),
        help=Text("methods.adalora.orthogonality.help"),
        usual=Text("methods.adalora.orthogonality.usual"),
    ),
)


def _apply(model: Model, values: Values, run: RunContext) -> Model:
    """Raises Fault("adalora.too_short")."""
    from peft import AdaLoraConfig, get_peft_model

    from engine.training.tuners.adalora import hold_ranks

    if run.steps < LEAST_STEPS:
        raise Fault("adalora.too_short", steps=run.steps, least=LEAST_STEPS)
    config = AdaLoraConfig(
        init_r=values["start_rank"],
        target_r=values["target_rank"],
        lora_alpha=values["alpha"],
        lora_dropout=values["dropout"],
        tinit=round(values["settle"] * run.steps),
        tfinal=max(1, round(values["finish"] * run.steps)),
        deltaT=values["interval"],
        orth_reg_weight=values["orthogonality"],
        total_step=run.steps,
        target_modules=targets(values, model),
        task_type="CAUSAL_LM",
    )
    return hold_ranks(get_peft_model(model, config))


def _after_update(model: Model, step: int) -> None:
    """Reallocate: importance is judged by the gradients of this very step."""
    model.base_model.update_and_allocate(step)


def _penalty(model: Model) -> Tensor:
    """How far the directions are from right angles (arXiv:2303.10512, equation 4), as PEFT's own forward has it with a loss."""
    import torch

    far: list[Tensor] = []
    for name, one in model.named_parameters():
        if ".lora_A." in name or ".lora_B." in name:
            matrix = one if ".lora_A." in name else one.T
            far.append(torch.linalg.matrix_norm(matrix @ matrix.T - torch.eye(len(matrix), device=one.device)))
    return model.peft_config["default"].orth_reg_weight * torch.stack(far).mean()


def _figures(model: Model) -> Mapping[str, float]:
    from engine.training.tuners.adalora import rank_figures

    return rank_figures(model)


def _state(model: Model) -> Mapping[str, Tensor]:
    from engine.training.tuners.adalora import allocator_state

    return allocator_state(model)


def _restore(model: Model, stored: Mapping[str, Tensor]) -> None:
    from engine.training.tuners.adalora import restore_allocator

    restore_allocator(model, stored)


# ---------------------------------------------------------------- numbers


def _at_rank(shape: ModelShape, values: Values, rank: int) -> int:
    return rank * shape.over_layers(lambda inputs, outputs: inputs + outputs + 1, chosen_linears(shape, values))


def _trainable(shape: ModelShape, values: Values) -> int:
    """P, Q and the singular values of each matrix at the rank of the start (arXiv:2303.10512, equation 3)."""
    return _at_rank(shape, values, values["start_rank"])


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """Three running averages of each trained number, and the scaled directions of each module until the backward pass."""
    chosen, rank = chosen_linears(shape, values), values["start_rank"]
    inputs = sum(size for size, _ in chosen.values())
    return Footprint(
        reads=inputs_of(shape, chosen),
        apart=bool(values["dropout"]),
        kept=rank * len(chosen) + (inputs if values["dropout"] else 0),
        held=3 * _trainable(shape, values),
        built=rank * shape.over_layers(lambda width, _: width, chosen),
    )


def _refusals(shape: ModelShape, values: Values, training: Values) -> Iterator[Refusal]:
    yield from refuse_missing(shape, values)
    if values["target_rank"] >= values["start_rank"]:
        params = {"start": values["start_rank"], "target": values["target_rank"], "least": values["target_rank"] + 1}
        yield Refusal("method.start_rank", "adalora.ranks", params)
    if "steps" in training and training["steps"] < LEAST_STEPS:
        yield Refusal("training.epochs", "adalora.too_short", {"steps": training["steps"], "least": LEAST_STEPS})


ADALORA = Method(
    key="adalora",
    family="low_rank",
    label=Text("methods.adalora.label"),
    tagline=Text("methods.adalora.tagline"),
    help=Text("methods.adalora.help"),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 2e-3, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.adalora.trainable_source"),
    changed=weights_of,
    rank=lambda _shape, values: values["start_rank"],
    stored=lambda shape, values: _at_rank(shape, values, values["target_rank"]),
    footprint=_footprint,
    refusals=_refusals,
    adapts=chosen_linears,
    after_update=_after_update,
    penalty=_penalty,
    figures=_figures,
    state=_state,
    restore=_restore,
    goes_on=Text("methods.adalora.goes_on"),
    as_pairs=True,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text("methods.adalora.learn.what"),
        trains=Text("methods.adalora.learn.trains"),
        frozen=Text("methods.adalora.learn.frozen"),
        when=Text("methods.adalora.learn.when"),
        when_not=Text("methods.adalora.learn.when_not"),
        strengths=(
            Text("methods.adalora.learn.strengths.shows_which_layers_a"),
            Text("methods.adalora.learn.strengths.better_than_lora_of"),
        ),
        weaknesses=(
            Text("methods.adalora.learn.weaknesses.more_settings_slower_steps"),
            Text("methods.adalora.learn.weaknesses.trains_more_numbers_than"),
        ),
        paper="Zhang et al. 2023, AdaLoRA: Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning, arXiv:2303.10512",
        formula="layers × start rank × Σ (inputs + outputs + 1)",
    ),
)
