"""Full fine-tuning: every weight is trained."""

from __future__ import annotations

from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.shape import ModelShape


def _apply(model: Model, _values: Values, _run: RunContext) -> Model:
    return model.requires_grad_(True)


_WHOLE = Text(
    "the result is a whole model that stands alone, there is nothing to merge",
    "结果本身就是完整的模型，无需合并",
)
_TRAINED = Text(
    "it trains every weight, and quantised weights cannot be trained; LoRA can be trained on a quantised base",
    "它训练所有权重，而量化后的权重无法训练；LoRA 可以在量化的基础模型上训练",
)
_TWO = Text("base and result are two models; both are loaded", "基础模型与结果是两个模型，会同时加载")
_ALONE = Text("it is a model of its own and answers by itself", "它是独立的模型，需要单独回答")
_LEARN = Learn(
    what=Text(
        "Every number of the model may move, as it did when the model was made. Nothing is added and nothing is kept back.",
        "模型的每个数值都可以改变，就像当初训练这个模型时一样。不添加任何东西，也不保留任何原样。",
    ),
    trains=Text("Every weight: layers, norms, embeddings and head.", "全部权重：各层、归一化、词嵌入与输出头。"),
    frozen=Text("Nothing.", "没有。"),
    when=Text(
        "A small model, thousands of examples, and something really new to learn: a language, a domain's knowledge.",
        "小模型、数千个样本，并且要学的东西确实很新：一门语言、一个领域的知识。",
    ),
    when_not=Text(
        "When memory is short, examples are few, or old skills must stay: it learns by heart and forgets more than the others.",
        "内存不足、样本很少，或必须保留旧能力时：它比其他方法更容易死记硬背，也更容易遗忘。",
    ),
    strengths=(
        Text("Can learn the most: the change has no limit of rank.", "能学到最多：改变没有秩的限制。"),
        Text("The result is a plain model that every tool reads.", "结果就是普通模型，任何工具都能读取。"),
    ),
    weaknesses=(
        Text(
            "Weights, gradients and two moments of each number: about four times the model's size in memory.",
            "每个数值都要存权重、梯度和两个动量：内存约为模型大小的四倍。",
        ),
        Text("Each result is as large as the model.", "每个结果都和模型一样大。"),
        Text("Forgets old skills more easily (arXiv:2405.09673).", "更容易遗忘旧能力（arXiv:2405.09673）。"),
    ),
    paper="Howard and Ruder 2018, Universal Language Model Fine-tuning for Text Classification, arXiv:1801.06146",
    formula="all parameters of the model",
)


def _footprint(shape: ModelShape, _values: Values) -> Footprint:
    """All inputs of all matrices and norms."""
    reads = inputs_of(shape)
    return Footprint(reads=reads, norms=True, aside=shape.hidden, own=True, head=True, embeddings=True)


FULL = Method(
    key="full",
    family="whole",
    label=Text("Full fine-tuning", "全量微调"),
    tagline=Text("Changes every weight; for small models and much data.", "改变所有权重；适合小模型和大量数据。"),
    help=Text(
        "Trains the whole model. It can learn the most, needs by far the most memory, forgets more easily, "
        "and the result is as large as the model itself.",
        "训练整个模型。能学到最多，但内存需求最大，更容易遗忘旧知识，结果与模型本身一样大。",
    ),
    saves="full",
    params=(),
    defaults={"learning_rate": 5e-5, "epochs": 3},
    apply=_apply,
    trainable=lambda shape, _values: shape.parameters,
    trainable_source="all weights, tied ones once",
    changed=lambda shape, _values: shape.parameters,
    rank=lambda shape, _values: shape.hidden,
    footprint=_footprint,
    trains_base=True,
    recommended=True,
    capabilities=Capabilities(
        merge=False,
        toggle=False,
        quantised_base=False,
        why_not={"merge": _WHOLE, "toggle": _TWO, "quantised_base": _TRAINED, "batch": _ALONE},
    ),
    learn=_LEARN,
)
