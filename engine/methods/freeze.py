"""Freeze tuning: only chosen tensors of the model itself are trained, most often the top layers (arXiv:1911.03090)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.shape import ModelShape
from engine.optimizers.trained_format import trained_format

_PARAMS = (
    Param(
        key="top_layers",
        kind="int",
        default=4,
        minimum=0,
        maximum=1000,
        step=1,
        advanced=False,
        label=Text("methods.freeze.top_layers.label"),
        help=Text("methods.freeze.top_layers.help"),
        usual=Text("methods.freeze.top_layers.usual"),
    ),
    Param(
        key="modules",
        kind="text",
        default=None,
        optional=True,
        label=Text("methods.freeze.modules.label"),
        help=Text("methods.freeze.modules.help"),
        usual=Text("methods.freeze.modules.usual"),
    ),
    Param(
        key="embeddings",
        kind="bool",
        default=False,
        label=Text("methods.freeze.embeddings.label"),
        help=Text("methods.freeze.embeddings.help"),
        usual=Text("methods.freeze.embeddings.usual"),
    ),
    Param(
        key="head",
        kind="bool",
        default=False,
        label=Text("methods.freeze.head.label"),
        help=Text("methods.freeze.head.help"),
        usual=Text("methods.freeze.head.usual"),
    ),
    Param(
        key="norm",
        kind="bool",
        default=False,
        label=Text("methods.freeze.norm.label"),
        help=Text("methods.freeze.norm.help"),
        usual=Text("methods.freeze.norm.usual"),
    ),
)


def _named(values: Values) -> set[str]:
    return {name.strip() for name in (values["modules"] or "").replace("，", ",").split(",") if name.strip()}


def _apply(model: Model, values: Values, run: RunContext) -> Model:
    """Leave only the chosen tensors trainable, in fp32 whatever the rest is held in, unless bf16 was chosen for them."""
    from engine.training.tuners import structure

    model.requires_grad_(False)
    chosen = structure.decoder_layers(model)
    names = _named(values)
    parts = [
        module
        for layer in chosen[max(0, len(chosen) - values["top_layers"]) :]
        for path, module in layer.named_modules()
        if (structure.is_named(path, names) if names else path == "")
    ]
    parts += [model.get_input_embeddings()] if values["embeddings"] else []
    parts += [model.get_output_embeddings()] if values["head"] else []
    parts += [structure.final_norm(model)] if values["norm"] else []
    for parameter in (parameter for part in parts for parameter in part.parameters()):
        if not trained_format(run.training).rounded:
            parameter.data = parameter.data.float()
        parameter.requires_grad_(True)
    return model


def _in_layers(shape: ModelShape, names: set[str], top: int) -> int:
    places = range(max(0, shape.layers - top), shape.layers)
    return sum(shape.named_numbers(names, place) if names else shape.layer_numbers(place) for place in places)


def _trainable(shape: ModelShape, values: Values) -> int:
    """The chosen tensors' own sizes; a matrix shared by embeddings and head counts once."""
    layers = _in_layers(shape, _named(values), values["top_layers"])
    roles = values["embeddings"] + values["head"]
    matrices = min(roles, 1) if shape.tied else roles
    norm = shape.norm_tensors * shape.final_norm[1] if values["norm"] else 0
    return layers + matrices * shape.vocabulary * shape.hidden + norm


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """The gradient stops at the lowest trained layer; trained embeddings lie below all of them."""
    names = _named(values)
    head = values["head"] or (values["embeddings"] and shape.tied)
    embeddings = values["embeddings"] or (values["head"] and shape.tied)
    return Footprint(
        reads=inputs_of(shape, names or None),
        norms=not names or bool(names & set(shape.norm_sizes)),
        layers=shape.layers if embeddings else min(values["top_layers"], shape.layers),
        aside=shape.hidden if values["norm"] else 0,
        own=True,
        head=head,
        embeddings=embeddings,
    )


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    known = [*shape.linears, *shape.norm_sizes]
    unknown = sorted(_named(values) - {*known, *(name.rsplit(".", 1)[-1] for name in known)})
    if unknown:
        yield Refusal("method.modules", "freeze.unknown_modules", {"names": unknown, "known": known})
    elif _trainable(shape, values) == 0:
        yield Refusal("method.top_layers", "freeze.nothing")


FREEZE = Method(
    key="freeze",
    family="selective",
    label=Text("methods.freeze.label"),
    tagline=Text("methods.freeze.tagline"),
    help=Text("methods.freeze.help"),
    saves="delta",
    params=_PARAMS,
    defaults={"learning_rate": 2e-4, "epochs": 4},
    trains_matrices=True,
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.freeze.trainable_source"),
    changed=_trainable,
    rank=lambda shape, _values: shape.hidden,
    footprint=_footprint,
    refusals=_refusals,
    capabilities=Capabilities(
        merge=True,
        toggle=True,
        quantised_base=False,
        why_not={
            "quantised_base": Text("methods.freeze.capabilities.why_not.quantised_base"),
            "batch": Text("methods.freeze.capabilities.why_not.batch"),
        },
    ),
    learn=Learn(
        what=Text("methods.freeze.learn.what"),
        trains=Text("methods.freeze.learn.trains"),
        frozen=Text("methods.freeze.learn.frozen"),
        when=Text("methods.freeze.learn.when"),
        when_not=Text("methods.freeze.learn.when_not"),
        strengths=(
            Text("methods.freeze.learn.strengths.no_added_parts_the"),
            Text("methods.freeze.learn.strengths.the_layers_below_need"),
        ),
        weaknesses=(
            Text("methods.freeze.learn.weaknesses.many_more_trained_numbers"),
            Text("methods.freeze.learn.weaknesses.what_the_lower_layers"),
        ),
        paper="Lee et al. 2019, What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning, arXiv:1911.03090",
        formula="top layers × numbers of a layer + vocabulary × hidden for embeddings and for the head (once if shared)",
    ),
)
