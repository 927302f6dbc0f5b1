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
        label=Text("Rank", "秩（rank）"),
        help=Text(
            "Width of the shared random matrices. Costs few trained numbers, so it is far higher than LoRA's.",
            "共享随机矩阵的宽度。增加的训练参数很少，因此远高于 LoRA 的秩。",
        ),
        usual=Text("128 to 1,024", "128 到 1,024"),
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
    outputs = [outputs + values["rank"] for _, outputs in chosen_linears(shape, values).values()]
    return int(shape.layers * sum(outputs))


def _shared(shape: ModelShape, values: Values) -> int:
    """Numbers of the random pair, as large as the largest layer."""
    sizes = chosen_linears(shape, values).values()
    return int(values["rank"] * sum(max((one[side] for one in sizes), default=0) for side in (0, 1)))


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """The random pair; each module's output and the numbers between the pair, before they are weighed; masks of dropout."""
    sizes = chosen_linears(shape, values).values()
    masks = sum(inputs for inputs, _ in sizes) if values["dropout"] else 0
    return Footprint(kept=sum(values["rank"] + outputs for _, outputs in sizes) + masks, held=_shared(shape, values))


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    yield from refuse_missing(shape, values)


VERA = Method(
    key="vera",
    family="low_rank",
    label=Text("VeRA", "VeRA"),
    tagline=Text("LoRA with shared random matrices.", "共享随机矩阵的 LoRA。"),
    help=Text(
        "All layers share one pair of random matrices that is never trained; each layer learns only two vectors that weigh it. "
        "Ten times fewer trained numbers than LoRA.",
        "所有层共享一对从不训练的随机矩阵；每层只学习两个加权向量。训练的参数约为 LoRA 的十分之一。",
    ),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 0.01, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2310.11454, section 3.2",
    changed=weights_of,
    rank=lambda shape, values: min(
        values["rank"], max((min(s) for s in chosen_linears(shape, values).values()), default=0)
    ),
    stored=lambda shape, values: _trainable(shape, values) + _shared(shape, values),
    footprint=_footprint,
    refusals=_refusals,
    notes=(
        Text(
            "The shared random matrices are stored with the result, so that it is the same on every machine.",
            "共享的随机矩阵会随结果一起保存，确保在每台机器上都相同。",
        ),
    ),
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text(
            "One random pair of thin matrices is drawn once and used beside every layer, untrained. "
            "Each layer learns two vectors: which of the random directions to use, and how strongly.",
            "随机抽取一对细长矩阵，不加训练，供所有层共用。每层学习两个向量：使用哪些随机方向，以及强度多大。",
        ),
        trains=Text("Two vectors for each chosen layer.", "每个所选层两个向量。"),
        frozen=Text(
            "Every weight of the model, and the shared random matrices.", "模型的全部权重，以及共享的随机矩阵。"
        ),
        when=Text(
            "Very many adapters for one model, each as small as can be.", "一个模型需要非常多的适配器，每个都尽可能小。"
        ),
        when_not=Text(
            "For a single result LoRA learns more in the same time.", "只需要一个结果时，LoRA 在同样时间内学得更多。"
        ),
        strengths=(
            Text("Few trained numbers, little optimizer memory.", "训练的参数少，优化器内存小。"),
            Text("Can be merged, can be switched off.", "可合并，可关闭。"),
        ),
        weaknesses=(
            Text("Calculates with a high rank: slower than LoRA.", "以高秩计算：比 LoRA 慢。"),
            Text("Needs a learning rate of its own, some ten times LoRA's.", "需要专门的学习率，约为 LoRA 的十倍。"),
        ),
        paper="Kopiczko et al. 2023, VeRA: Vector-based Random Matrix Adaptation, arXiv:2310.11454",
        formula="layers × Σ (outputs + rank)",
    ),
)
