"""Bottleneck adapters: Houlsby et al. 2019 (arXiv:1902.00751) and the leaner placing of Pfeiffer et al. 2020 (arXiv:2005.00247)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

# the module that ends each part of a layer, as families name it
_ATTENTION_ENDS = ("o_proj", "dense", "attn.c_proj", "out_proj")
_MLP_ENDS = ("down_proj", "dense_4h_to_h", "mlp.c_proj", "fc2", "w2", "output_linear", "fc_out")
_BOTH = (_ATTENTION_ENDS, _MLP_ENDS)

_PARAMS = (
    Param(
        key="size",
        kind="int",
        default=64,
        minimum=1,
        maximum=4096,
        step=1,
        advanced=False,
        label=Text("methods.houlsby.size.label"),
        help=Text("methods.houlsby.size.help"),
        usual=Text("methods.houlsby.size.usual"),
    ),
    Param(
        key="activation",
        kind="choice",
        default="gelu",
        choices={
            "gelu": Text("methods.houlsby.activation.choices.gelu"),
            "relu": Text("methods.houlsby.activation.choices.relu"),
            "silu": Text("methods.houlsby.activation.choices.silu"),
        },
        label=Text("methods.houlsby.activation.label"),
        help=Text("methods.houlsby.activation.help"),
        usual=Text("methods.houlsby.activation.usual"),
    ),
)


def _ends(linears: Sequence[str], parts: Sequence[Sequence[str]]) -> list[str]:
    """The first name of each part that the model has; none where a part has none."""
    found = [next((name for name in names if any(_ends_with(one, name) for one in linears)), None) for names in parts]
    return [name for name in found if name] if all(found) else []


def _ends_with(path: str, name: str) -> bool:
    return path == name or path.endswith(f".{name}")


def _widths(shape: ModelShape, parts: Sequence[Sequence[str]]) -> dict[str, int]:
    """Linear module with an adapter behind it -> its outputs."""
    ends = _ends([*shape.reached], parts)
    return {one: sizes[1] for one, sizes in shape.reached.items() if any(_ends_with(one, end) for end in ends)}


def _apply(parts: Sequence[Sequence[str]]) -> Callable[[Model, Values, RunContext], Model]:
    def apply(model: Model, values: Values, _run: RunContext) -> Model:
        from engine.training.tuners import houlsby, structure

        free = structure.adaptable(model)
        ends = _ends([*free], parts)
        paths = [path for path in free if structure.is_named(path, set(ends))]
        return houlsby.wrap(model, structure.endings(model, paths), values["size"], values["activation"])

    return apply


def _trainable(parts: Sequence[Sequence[str]]) -> Callable[[ModelShape, Values], int]:
    def count(shape: ModelShape, values: Values) -> int:
        """2md + d + m for each adapter (arXiv:1902.00751, section 2.1)."""
        size = int(values["size"])
        return shape.over_layers(lambda _, width: 2 * size * width + width + size, _widths(shape, parts))

    return count


def _footprint(parts: Sequence[Sequence[str]]) -> Callable[[ModelShape, Values], Footprint]:
    def footprint(shape: ModelShape, values: Values) -> Footprint:
        """What adapters keep of each token: their input, and the middle before and after the activation."""
        widths, keeps = _widths(shape, parts).values(), shape.keeps
        below = keeps.attention + (shape.hidden + keeps.mlp if len(widths) == 1 else 0)
        return Footprint(kept=sum(width + 2 * values["size"] for width in widths), below=below)

    return footprint


def _refusals(parts: Sequence[Sequence[str]]) -> Callable[[ModelShape, Values, Values], Iterator[Refusal]]:
    def refusals(shape: ModelShape, _values: Values, _training: Values) -> Iterator[Refusal]:
        if not _widths(shape, parts):
            yield Refusal("method", "houlsby.no_places", {"family": shape.family})

    return refusals


_BENT = Text("methods.houlsby.bent")

HOULSBY = Method(
    key="houlsby",
    family="adapter",
    label=Text("methods.houlsby.label"),
    tagline=Text("methods.houlsby.tagline"),
    help=Text("methods.houlsby.help"),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 1e-3, "epochs": 4},
    apply=_apply(_BOTH),
    trainable=_trainable(_BOTH),
    trainable_source=Text("methods.houlsby.trainable_source"),
    changed=lambda _shape, _values: 0,
    rank=lambda _shape, _values: None,
    footprint=_footprint(_BOTH),
    refusals=_refusals(_BOTH),
    adapts=lambda shape, _values: _widths(shape, _BOTH),
    capabilities=Capabilities(merge=False, toggle=True, why_not={"merge": _BENT, "batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text("methods.houlsby.learn.what"),
        trains=Text("methods.houlsby.learn.trains"),
        frozen=Text("methods.houlsby.learn.frozen"),
        when=Text("methods.houlsby.learn.when"),
        when_not=Text("methods.houlsby.learn.when_not"),
        strengths=(
            Text("methods.houlsby.learn.strengths.learns_non_linear_corrections"),
            Text("methods.houlsby.learn.strengths.can_be_switched_off"),
        ),
        weaknesses=(
            Text("methods.houlsby.learn.weaknesses.cannot_be_merged_so"),
            Text("methods.houlsby.learn.weaknesses.adds_a_step_to"),
        ),
        paper="Houlsby et al. 2019, Parameter-Efficient Transfer Learning for NLP, arXiv:1902.00751",
        formula="layers × 2 × (2 × bottleneck × hidden + hidden + bottleneck)",
    ),
)
_LEARN = HOULSBY.learn
assert _LEARN is not None

PFEIFFER = replace(
    HOULSBY,
    key="pfeiffer",
    label=Text("methods.houlsby.pfeiffer.label"),
    tagline=Text("methods.houlsby.pfeiffer.tagline"),
    help=Text("methods.houlsby.pfeiffer.help"),
    apply=_apply((_MLP_ENDS,)),
    trainable=_trainable((_MLP_ENDS,)),
    trainable_source=Text("methods.houlsby.pfeiffer.trainable_source"),
    footprint=_footprint((_MLP_ENDS,)),
    refusals=_refusals((_MLP_ENDS,)),
    adapts=lambda shape, _values: _widths(shape, (_MLP_ENDS,)),
    learn=replace(
        _LEARN,
        what=Text("methods.houlsby.pfeiffer.learn.what"),
        trains=Text("methods.houlsby.pfeiffer.learn.trains"),
        weaknesses=(
            *_LEARN.weaknesses[:1],
            Text("methods.houlsby.pfeiffer.learn.weaknesses"),
        ),
        paper="Pfeiffer et al. 2020, AdapterFusion, arXiv:2005.00247, and MAD-X, arXiv:2005.00052",
        formula="layers × (2 × bottleneck × hidden + hidden + bottleneck)",
    ),
)
