"""Diff pruning (Guo et al. 2020, arXiv:2012.07463): a sparse difference to the model, whose places are learnt too."""

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
        label=Text("Share of weights to change", "改变的权重比例"),
        help=Text(
            "So much of the layers' weights may differ from the base in the end. 0.005 is one in two hundred.",
            "最终与基础模型不同的层权重比例。0.005 即每两百个中有一个。",
        ),
        usual=Text("0.005", "0.005"),
    ),
    Param(
        key="choose_at",
        kind="float",
        default=0.5,
        minimum=0.05,
        maximum=0.95,
        step=0.05,
        label=Text("Choose the survivors after", "选定保留项的时间"),
        help=Text(
            "Share of all steps after which only the largest differences are kept. The rest of the steps trains these alone.",
            "经过这一比例的步数后只保留最大的差异；其余步数只训练它们。",
        ),
        usual=Text("0.5", "0.5"),
    ),
    Param(
        key="penalty",
        kind="float",
        default=1.25e-7,
        minimum=0.0,
        maximum=0.001,
        scale="log",
        label=Text("Cost of a changed weight", "每个改变权重的代价"),
        help=Text(
            "Added to the loss for each weight that is changed; closes gates that are not worth it. 0 leaves them open.",
            "每个被改变的权重都会给损失加上此值，使不值得的门关闭。0 表示全部保持打开。",
        ),
        usual=Text("0.000000125, as in the paper", "论文中为 0.000000125"),
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
    return shape.layers * sum(inputs * outputs for inputs, outputs in shape.linears.values())


def _changed(shape: ModelShape, values: Values) -> int:
    return max(1, round(_weights(shape) * values["share"]))


def _footprint(shape: ModelShape, _values: Values) -> Footprint:
    """How far each gate is open, until the backward pass and again in the penalty's; five matrices at work for one module."""
    largest = max(inputs * outputs for inputs, outputs in shape.linears.values())
    weights = _weights(shape)
    return Footprint(reads=inputs_of(shape), built=weights, once=5 * largest, after=weights)


DIFF_PRUNING = Method(
    key="diff_pruning",
    family="research",
    label=Text("Diff pruning", "差分剪枝（diff pruning）"),
    tagline=Text("Learns which few weights to change, and how.", "学习改变哪几个权重以及如何改变。"),
    help=Text(
        "Trains a difference for every weight with a gate before it, then keeps only the largest ones, one in two hundred, "
        "and trains these further. The result is a short list of replaced numbers. Needs more memory than full fine-tuning.",
        "为每个权重训练一个带门的差异，然后只保留最大的（两百分之一）并继续训练。结果是一小份替换数值的列表。内存需求高于全量微调。",
    ),
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
    trainable=lambda shape, _values: 2 * _weights(shape),
    trainable_source="arXiv:2012.07463, section 3.1: a difference and a gate for each weight",
    changed=_changed,
    rank=lambda shape, _values: shape.hidden,
    stored=lambda shape, values: 3 * _changed(shape, values),  # a value of 4 bytes and its place of 8
    footprint=_footprint,
    expected_fall=0.1,
    notes=(
        Text(
            "Half of the steps go into finding the weights; those that are kept then start almost at the base again. In as "
            "few steps as tests take it learns an eighth of what LoRA learns; give it more steps, or a larger share.",
            "一半的步数用于寻找权重，保留下来的部分随后几乎从基础模型重新开始。在测试那样少的步数内约能学到 LoRA 的八分之一；可增加步数或提高比例。",
        ),
        Text(
            "While it trains, each weight needs a difference and a gate, and each of these a gradient and two moments: about "
            "three times the memory of full fine-tuning. Only the result is small.",
            "训练时每个权重都需要一个差异和一个门，各自又有梯度与两个动量：内存约为全量微调的三倍。只有结果是小的。",
        ),
        Text(
            "A job that is stopped before the survivors are chosen keeps every changed weight, so that its result answers as "
            "it was scored; that result is large.",
            "若在选定保留项之前停止，会保留所有改变的权重，以保证结果与评分时一致；此时结果较大。",
        ),
    ),
    capabilities=Capabilities(
        merge=True,
        toggle=True,
        quantised_base=False,
        why_not={
            "quantised_base": Text(
                "its result replaces single weights, and those of a quantised base are not the model's own; LoRA can be trained "
                "on a quantised base",
                "其结果替换个别权重，而量化后的权重已不是模型原来的值；LoRA 可以在量化的基础模型上训练",
            ),
            "batch": Text(
                "its changed weights are swapped in and out for each answer",
                "改变的权重需要在每次回答时换入换出",
            ),
        },
    ),
    learn=Learn(
        what=Text(
            "Every weight gets a small difference and a gate that can close. Training opens the gates that help and closes "
            "the others, until a tiny share of the weights is changed and all others are exactly as before.",
            "每个权重都有一个小差异和一个可以关闭的门。训练打开有用的门、关闭其余的门，最后只有极少数权重被改变，其他完全不变。",
        ),
        trains=Text(
            "A difference and a gate for each weight, then the survivors alone",
            "先是每个权重的差异与门，之后只有保留下来的部分",
        ),
        frozen=Text("The base's weights, embeddings, head and norms", "基础模型的权重、词嵌入、输出头与归一化层"),
        when=Text(
            "Many tasks on one base whose results must be tiny and cost nothing in use, with memory to spare for training.",
            "同一基础模型有许多任务，要求结果极小且使用时没有额外开销，并且训练内存充足时。",
        ),
        when_not=Text(
            "Memory is short, or steps are few: LoRA needs a tenth of the memory.",
            "内存不足或步数很少时：LoRA 只需十分之一的内存。",
        ),
        strengths=(
            Text("Shows which weights a task needs", "能看出任务需要哪些权重"),
            Text("The tuned model is a plain model, as fast as the base", "微调后的模型是普通模型，速度与基础模型相同"),
        ),
        weaknesses=(
            Text("More memory in training than any other method here", "训练内存是这里所有方法中最多的"),
            Text("Random gates make learning noisy and slow", "随机的门使学习噪声大、速度慢"),
        ),
        paper="Guo et al. 2020, Parameter-Efficient Transfer Learning with Diff Pruning, arXiv:2012.07463",
        formula="2 × layers × weights of the linear modules in training; share × layers × weights changed in the end",
    ),
)
