"""BitFit (Ben Zaken et al. 2021, arXiv:2106.10199): only biases are trained."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="added",
        kind="bool",
        default=True,
        advanced=False,
        label=Text("Add biases where there are none", "为没有偏置的层添加偏置"),
        help=Text(
            "Many models of today, Llama among them, have no biases. Switched on, each linear layer gets one that starts "
            "at zero. Switched off, only the model's own biases are trained.",
            "Llama 等许多新模型没有偏置。打开时，每个线性层都会得到一个从零开始的偏置；关闭时，只训练模型已有的偏置。",
        ),
        usual=Text("yes", "是"),
    ),
)
_TURNED = "c_attn"  # GPT-2 keeps its weights turned round, in modules that PEFT gives no bias


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    """A trained vector on top of each bias: frozen bias + vector is what training the bias itself would give."""
    from peft import BeftConfig, get_peft_model

    from engine.training.tuners import structure

    names: str | list[str] = "all-linear"
    if not values["added"]:
        layer = structure.decoder_layers(model)[0]
        names = [path for path, module in structure.layer_linears(layer) if module.bias is not None]
    return get_peft_model(model, BeftConfig(target_modules=names, task_type="CAUSAL_LM"))


def _merge(model: Model) -> Model:
    """The vectors as biases of a plain model. Raises Fault("bitfit.no_place") where its family cannot have them."""
    from engine.training.tuners.biases import merge_biases

    return merge_biases(model)


def _chosen(shape: ModelShape, values: Values) -> Iterator[int]:
    for name, (_inputs, outputs) in shape.linears.items():
        if values["added"] or name in shape.linear_biases:
            yield outputs


def _trainable(shape: ModelShape, values: Values) -> int:
    """One number for each output of each chosen linear module."""
    return shape.layers * sum(_chosen(shape, values))


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    if _TURNED in shape.linears:
        yield Refusal("method", "bitfit.turned_weights", {"family": shape.family})
    elif not _trainable(shape, values):
        yield Refusal("method.added", "bitfit.no_biases")


BITFIT = Method(
    key="bitfit",
    family="selective",
    label=Text("BitFit", "BitFit（偏置微调）"),
    tagline=Text("Trains one number for each output of a layer: the biases.", "只训练偏置：层的每个输出一个数。"),
    help=Text(
        "Shifts what each linear layer puts out by a learnt vector and leaves every weight as it is. "
        "The result is a few hundred kilobytes. Models without biases get some that start at zero.",
        "用学到的向量平移每个线性层的输出，所有权重保持不变。结果只有几百 KB。没有偏置的模型会得到从零开始的偏置。",
    ),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 5e-3, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2106.10199, section 3, for the biases of linear modules",
    changed=_trainable,
    rank=lambda _shape, _values: None,
    refusals=_refusals,
    merge=_merge,
    notes=(
        Text(
            "The paper trains the biases that a model has, those of norms too. Here it is the biases of linear layers, and "
            "models without them (Llama, Mistral) get new ones. The trained vector lies beside the model's own bias, which "
            "gives the same model and can be switched off.",
            "论文训练模型已有的偏置，包括归一化层的偏置。这里训练线性层的偏置；没有偏置的模型（Llama、Mistral）会得到新的偏置。"
            "训练的向量与模型自身的偏置并列，效果相同，且可以关闭。",
        ),
        Text(
            "Added biases can be merged where the family knows such biases (Llama, and all that have them already). "
            "Qwen2 and Mistral do not know them everywhere: switch “Add biases” off for a mergeable result, where the model has biases.",
            "只有模型系列本身支持这些偏置时才能合并（Llama 以及已有偏置的系列）。Qwen2 与 Mistral 并非处处支持："
            "若模型已有偏置，关闭“添加偏置”即可得到可合并的结果。",
        ),
    ),
    capabilities=Capabilities(
        merge=True,
        toggle=True,
        why_not={"batch": TURN_BY_TURN},
    ),
    learn=Learn(
        what=Text(
            "A linear layer multiplies by a matrix and then adds a bias, one number for each output. "
            "BitFit trains only these added numbers, less than a thousandth of the model.",
            "线性层先乘以矩阵，再加上偏置（每个输出一个数）。BitFit 只训练这些被加上的数，不到模型的千分之一。",
        ),
        trains=Text("One bias vector for each linear layer", "每个线性层的一个偏置向量"),
        frozen=Text("All matrices, norms and embeddings", "所有矩阵、归一化层和词嵌入"),
        when=Text(
            "Little data, a change of tone or format, and the smallest possible result.",
            "数据少、只需改变语气或格式，并希望结果尽可能小。",
        ),
        when_not=Text(
            "New knowledge or skills: a shift cannot hold them. Use LoRA.",
            "需要新知识或新技能：平移无法承载。请用 LoRA。",
        ),
        strengths=(
            Text("Hardly any memory for gradients and optimizer", "梯度与优化器几乎不占内存"),
            Text("Costs no time in use, and forgets little", "使用时不增加时间，也很少遗忘"),
        ),
        weaknesses=(
            Text("Learns less than LoRA as data grows", "数据增多时学得不如 LoRA"),
            Text("Needs a higher learning rate", "需要较高的学习率"),
        ),
        paper="Ben Zaken et al. 2021, BitFit: Simple Parameter-efficient Fine-tuning, arXiv:2106.10199",
        formula="layers × sum of the outputs of the linear modules",
    ),
)
