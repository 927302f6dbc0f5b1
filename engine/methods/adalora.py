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
        label=Text("Rank at the end", "最终的秩"),
        help=Text(
            "Average rank that is left. Layers that matter keep more, others less or nothing.",
            "最后保留的平均秩。重要的层保留更多，其他层更少甚至为零。",
        ),
        usual=Text("4 to 16", "4 到 16"),
    ),
    Param(
        key="start_rank",
        kind="int",
        default=12,
        minimum=2,
        maximum=512,
        step=1,
        label=Text("Rank at the start", "起始的秩"),
        help=Text("Rank of every layer before anything is taken away.", "削减之前每一层的秩。"),
        usual=Text("one and a half times the rank at the end", "最终秩的 1.5 倍"),
    ),
    Param(
        key="alpha",
        kind="int",
        default=32,
        minimum=1,
        maximum=1024,
        step=1,
        label=Text("Alpha", "缩放系数（alpha）"),
        help=Text(
            "Strength of the adapter: its output is multiplied by alpha / rank at the start.",
            "适配器的强度：其输出乘以 alpha / 起始秩。",
        ),
        usual=Text("32", "32"),
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
        label=Text("Share of steps before ranks move", "秩开始变化前的步数比例"),
        help=Text(
            "In this first part every layer keeps its rank, until it is known what matters.",
            "在最初这部分步数中，每层保持原有的秩，直到看清哪些层重要。",
        ),
        usual=Text("0.1 to 0.2", "0.1 到 0.2"),
    ),
    Param(
        key="finish",
        kind="float",
        default=0.3,
        minimum=0.05,
        maximum=0.4,
        step=0.05,
        label=Text("Share of steps after ranks are fixed", "秩固定后的步数比例"),
        help=Text(
            "In this last part ranks stay as they are and what is left is trained.",
            "在最后这部分步数中，秩保持不变，继续训练保留下来的部分。",
        ),
        usual=Text("0.2 to 0.4", "0.2 到 0.4"),
    ),
    Param(
        key="interval",
        kind="int",
        default=1,
        minimum=1,
        maximum=1000,
        step=1,
        label=Text("Steps from one decision to the next", "两次分配之间的步数"),
        help=Text("How often ranks are taken away in between.", "中间阶段多久削减一次秩。"),
        usual=Text("1; 10 for long runs", "1；长时间训练用 10"),
    ),
    Param(
        key="orthogonality",
        kind="float",
        default=0.5,
        minimum=0.0,
        maximum=10.0,
        step=0.1,
        label=Text("Pull to right angles", "正交约束强度"),
        help=Text(
            "Keeps the directions of a layer at right angles, so that each can be judged by itself.",
            "让同一层的各方向保持正交，以便逐个判断其重要性。",
        ),
        usual=Text("0.1 to 0.5", "0.1 到 0.5"),
    ),
)


def _apply(model: Model, values: Values, run: RunContext) -> Model:
    """Raises Fault("adalora.too_short")."""
    from peft import AdaLoraConfig, get_peft_model

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
    return get_peft_model(model, config)


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
    chosen = chosen_linears(shape, values).values()
    return shape.layers * rank * sum(inputs + outputs + 1 for inputs, outputs in chosen)


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
        built=shape.layers * rank * inputs,
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
    label=Text("AdaLoRA", "AdaLoRA"),
    tagline=Text("LoRA that moves its rank to where it matters.", "把秩分配到重要位置的 LoRA。"),
    help=Text(
        "Starts with a generous rank in every layer, watches which directions matter, and takes the others away. "
        "You can see the rank of each layer over time.",
        "起初每层都有充裕的秩，观察哪些方向重要，再削减其余部分。可以看到每层的秩随时间的变化。",
    ),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 2e-3, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2303.10512, equation 3",
    changed=weights_of,
    rank=lambda _shape, values: values["start_rank"],
    stored=lambda shape, values: _at_rank(shape, values, values["target_rank"]),
    footprint=_footprint,
    refusals=_refusals,
    after_update=_after_update,
    penalty=_penalty,
    figures=_figures,
    state=_state,
    restore=_restore,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text(
            "Each layer's adapter is written as directions with a strength each, and begins with more of them than may stay. "
            "While it learns, the directions that matter least anywhere in the model are switched off one after another.",
            "每层的适配器写成若干方向及其强度，开始时的方向数多于最终允许的数量。"
            "学习过程中，整个模型里最不重要的方向被逐个关闭。",
        ),
        trains=Text("Directions and their strengths beside each chosen layer.", "每个所选层旁的方向及其强度。"),
        frozen=Text("Every weight of the model.", "模型的全部权重。"),
        when=Text(
            "When a small adapter should be spent well, and runs are long enough.",
            "希望小适配器物尽其用，且训练步数足够时。",
        ),
        when_not=Text(
            "For short runs: it needs time to find out what matters.", "训练很短时：它需要时间判断哪些重要。"
        ),
        strengths=(
            Text("Shows which layers a task needs.", "能看出任务需要哪些层。"),
            Text("Better than LoRA of the same size on long runs.", "长时间训练时优于同等大小的 LoRA。"),
        ),
        weaknesses=(
            Text("More settings, slower steps.", "设置更多，每步更慢。"),
            Text("Trains more numbers than it keeps.", "训练的参数多于最终保留的。"),
        ),
        paper="Zhang et al. 2023, AdaLoRA: Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning, arXiv:2303.10512",
        formula="layers × start rank × Σ (inputs + outputs + 1)",
    ),
)
