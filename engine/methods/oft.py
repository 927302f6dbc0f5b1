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

_TRANSPOSED = frozenset({"gpt2"})  # their linear layers are stored the other way round, which PEFT's OFT does not know

_PARAMS = (
    Param(
        key="block",
        kind="int",
        default=32,
        minimum=2,
        maximum=1024,
        step=1,
        advanced=False,
        label=Text("Block size", "块大小"),
        help=Text(
            "How many inputs are turned together. Larger learns more and costs more; it must divide the inputs of each layer.",
            "一起旋转的输入个数。越大学得越多、代价越高；必须能整除每一层的输入数。",
        ),
        usual=Text("16 to 64", "16 到 64"),
    ),
    Param(
        key="dropout",
        kind="float",
        default=0.0,
        minimum=0.0,
        maximum=0.9,
        step=0.05,
        label=Text("Dropout", "随机失活（dropout）"),
        help=Text(
            "Share of the blocks that are left unturned at random, against overfitting.",
            "训练时随机保持不旋转的块的比例，防止过拟合。",
        ),
        usual=Text("0", "0"),
    ),
    MODULES_PARAM,
    Param(
        key="exact",
        kind="bool",
        default=False,
        label=Text("Exact rotations", "精确旋转"),
        help=Text(
            "Calculates each rotation exactly instead of by a series of five terms. Slower, and hardly ever better.",
            "精确计算每个旋转，而不是用五项级数近似。更慢，很少更好。",
        ),
        usual=Text("no", "否"),
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
    blocks = sum(inputs // block for inputs, _ in chosen_linears(shape, values).values())
    return int(shape.layers * blocks * (block * (block - 1) // 2))


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """The inputs that are turned, and each rotation with the powers of its series."""
    inputs, block = inputs_of(shape, chosen_linears(shape, values)), values["block"]
    places = 2 * (block * (block - 1) // 2) * 2  # row and column of each number of a block, in 8 bytes
    return Footprint(
        reads=inputs,
        built=4 * shape.layers * block * sum(inputs.values()),
        held=shape.layers * len(inputs) * places,
    )


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    yield from refuse_missing(shape, values)
    if shape.family in _TRANSPOSED:
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
    label=Text("OFT", "OFT（正交微调）"),
    tagline=Text("Turns what the layers see, never stretches it.", "只旋转各层的输入，从不拉伸。"),
    help=Text(
        "Turns the inputs of each layer by small learnt rotations. Angles between the weights stay as they were, "
        "so the model keeps what it knows better than with other adapters; slower than LoRA.",
        "用学到的小旋转转动每一层的输入。权重之间的夹角保持不变，因此比其他适配器更能保留已有知识；比 LoRA 慢。",
    ),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 2e-3, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2306.07280, section 3.2",
    changed=weights_of,
    rank=full_rank,
    footprint=_footprint,
    refusals=_refusals,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text(
            "Before each layer its inputs are turned a little, in blocks, like a picture that is rotated but not distorted. "
            "The weights themselves stay frozen, and so do the angles between them.",
            "在每一层之前，把输入按块轻微旋转，就像旋转图片而不使其变形。权重本身保持冻结，它们之间的夹角也不变。",
        ),
        trains=Text("A rotation for each block of inputs of each chosen layer.", "每个所选层的每个输入块的一个旋转。"),
        frozen=Text("Every weight of the model.", "模型的全部权重。"),
        when=Text("When the model must not forget what it can already do.", "模型不能遗忘已有能力时。"),
        when_not=Text(
            "When speed matters: rotations cost more than LoRA's detour.", "看重速度时：旋转比 LoRA 的旁路代价更高。"
        ),
        strengths=(
            Text("Keeps the base's knowledge well.", "很好地保留基座模型的知识。"),
            Text(
                "Changes every direction, not a few as a low rank does.",
                "能改变所有方向，而不像低秩那样只改变少数方向。",
            ),
        ),
        weaknesses=(
            Text("The block size must divide the model's sizes.", "块大小必须整除模型的尺寸。"),
            Text("Slower and hungrier than LoRA.", "比 LoRA 更慢、更耗内存。"),
        ),
        paper="Qiu et al. 2023, Controlling Text-to-Image Diffusion by Orthogonal Finetuning, arXiv:2306.07280",
        formula="layers × Σ (inputs / block) × block × (block − 1) / 2",
    ),
)
