"""Full fine-tuning: every weight is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.methods.base import Capabilities, Method, Values
from engine.text import Text

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def _apply(model: PreTrainedModel, _values: Values) -> Any:
    return model.requires_grad_(True)


FULL = Method(
    key="full",
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
    bytes_per_trained=12.0,
    capabilities=Capabilities(merge=False, toggle=False),
)
