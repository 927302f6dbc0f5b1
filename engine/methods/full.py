"""Full fine-tuning: every weight is trained."""

from __future__ import annotations

from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.shape import ModelShape


def _apply(model: Model, _values: Values, _run: RunContext) -> Model:
    return model.requires_grad_(True)


_WHOLE = Text("methods.full.whole")
_TRAINED = Text("methods.full.trained")
_TWO = Text("methods.full.two")
_ALONE = Text("methods.full.alone")
_LEARN = Learn(
    what=Text("methods.full.learn.what"),
    trains=Text("methods.full.learn.trains"),
    frozen=Text("methods.full.learn.frozen"),
    when=Text("methods.full.learn.when"),
    when_not=Text("methods.full.learn.when_not"),
    strengths=(
        Text("methods.full.learn.strengths.can_learn_the_most"),
        Text("methods.full.learn.strengths.the_result_is_a"),
    ),
    weaknesses=(
        Text("methods.full.learn.weaknesses.weights_gradients_and_two"),
        Text("methods.full.learn.weaknesses.each_result_is_as"),
        Text("methods.full.learn.weaknesses.forgets_old_skills_more"),
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
    label=Text("methods.full.label"),
    tagline=Text("methods.full.tagline"),
    help=Text("methods.full.help"),
    saves="full",
    params=(),
    defaults={"learning_rate": 5e-5, "epochs": 3},
    apply=_apply,
    trainable=lambda shape, _values: shape.parameters,
    trainable_source=Text("methods.full.trainable_source"),
    changed=lambda shape, _values: shape.parameters,
    rank=lambda shape, _values: shape.hidden,
    footprint=_footprint,
    trains_base=True,
    trains_matrices=True,
    recommended=True,
    capabilities=Capabilities(
        merge=False,
        toggle=False,
        quantised_base=False,
        why_not={"merge": _WHOLE, "toggle": _TWO, "quantised_base": _TRAINED, "batch": _ALONE},
    ),
    learn=_LEARN,
)
