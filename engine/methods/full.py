"""Full fine-tuning: every weight is trained."""

from __future__ import annotations

from engine.methods.base import Capabilities, Method, Model, Run, Values
from engine.text import Text


def _apply(model: Model, _values: Values, _run: Run) -> Model:
    return model.requires_grad_(True)


_WHOLE = Text(
    "the result is a whole model that stands alone, there is nothing to merge",
    "结果本身就是完整的模型，无需合并",
)
_TRAINED = Text(
    "it trains every weight, and squeezed weights cannot be trained; LoRA can be trained on a squeezed base",
    "它训练所有权重，而压缩后的权重无法训练；LoRA 可以在压缩的基础模型上训练",
)
_TWO = Text("base and result are two models; both are loaded", "基础模型与结果是两个模型，会同时加载")

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
    bytes_per_trained=12.0,
    trains_base=True,
    recommended=True,
    capabilities=Capabilities(
        merge=False,
        toggle=False,
        quantised_base=False,
        why_not={"merge": _WHOLE, "toggle": _TWO, "quantised_base": _TRAINED},
    ),
)
