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
_MLP_ENDS = ("down_proj", "dense_4h_to_h", "mlp.c_proj", "fc2")
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
        label=Text("Bottleneck", "瓶颈宽度"),
        help=Text(
            "Width of the narrow middle of each adapter. Wider learns more and costs more.",
            "每个适配器中间窄层的宽度。越宽学得越多，代价也越大。",
        ),
        usual=Text("16 to 256, about a tenth of the model's width", "16 到 256，约为模型宽度的十分之一"),
    ),
    Param(
        key="activation",
        kind="choice",
        default="gelu",
        choices={
            "gelu": Text("GELU", "GELU"),
            "relu": Text("ReLU", "ReLU"),
            "silu": Text("SiLU (swish)", "SiLU（swish）"),
        },
        label=Text("Activation", "激活函数"),
        help=Text(
            "The bend in the middle. Because of it an adapter can do what no change of a matrix can, and cannot be merged.",
            "中间的非线性。正因如此，适配器能做到改变矩阵做不到的事，也因此无法合并。",
        ),
        usual=Text("GELU", "GELU"),
    ),
)


def _ends(linears: Sequence[str], parts: Sequence[Sequence[str]]) -> list[str]:
    """The first name of each part that the model has; none where a part has none."""
    found = [next((name for name in names if name in linears), None) for names in parts]
    return [name for name in found if name] if all(found) else []


def _apply(parts: Sequence[Sequence[str]]) -> Callable[[Model, Values, RunContext], Model]:
    def apply(model: Model, values: Values, _run: RunContext) -> Model:
        from engine.training.tuners import houlsby, structure

        paths = [path for path, _ in structure.layer_linears(structure.decoder_layers(model)[0])]
        names = [name for names in parts for name in names if any(structure.is_named(path, {name}) for path in paths)]
        return houlsby.wrap(model, _ends(names, parts), values["size"], values["activation"])

    return apply


def _trainable(parts: Sequence[Sequence[str]]) -> Callable[[ModelShape, Values], int]:
    def count(shape: ModelShape, values: Values) -> int:
        """2md + d + m for each adapter (arXiv:1902.00751, section 2.1)."""
        size = values["size"]
        widths = [shape.linears[name][1] for name in _ends([*shape.linears], parts)]
        return shape.layers * sum(2 * size * width + width + size for width in widths)

    return count


def _footprint(parts: Sequence[Sequence[str]]) -> Callable[[ModelShape, Values], Footprint]:
    def footprint(shape: ModelShape, values: Values) -> Footprint:
        """What adapters keep of each token: their input, and the middle before and after the activation."""
        widths = [shape.linears[name][1] for name in _ends([*shape.linears], parts)]
        keeps = shape.keeps
        below = keeps.attention + (shape.hidden + keeps.mlp if len(widths) == 1 else 0)
        return Footprint(kept=sum(width + 2 * values["size"] for width in widths), below=below)

    return footprint


def _refusals(parts: Sequence[Sequence[str]]) -> Callable[[ModelShape, Values, Values], Iterator[Refusal]]:
    def refusals(shape: ModelShape, _values: Values, _training: Values) -> Iterator[Refusal]:
        if not _ends([*shape.linears], parts):
            yield Refusal("method", "houlsby.no_places", {"family": shape.family})

    return refusals


_BENT = Text(
    "its correction is bent by an activation, and no change of a matrix does the same; LoRA can be merged",
    "它的修正经过激活函数，任何矩阵改变都无法等效；LoRA 可以合并",
)

HOULSBY = Method(
    key="houlsby",
    family="adapter",
    label=Text("Adapters (Houlsby)", "适配器（Houlsby）"),
    tagline=Text("Small networks behind attention and behind the MLP.", "在注意力和 MLP 之后各加一个小网络。"),
    help=Text(
        "Puts two small networks into each frozen layer, which correct what the layer gives on. The oldest of the adapter "
        "methods; strong, and a little slower in use than LoRA because the networks cannot be merged away.",
        "在每个冻结层中放入两个小网络，修正该层的输出。这是最早的适配器方法；效果好，但无法合并，使用时比 LoRA 略慢。",
    ),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 1e-3, "epochs": 4},
    apply=_apply(_BOTH),
    trainable=_trainable(_BOTH),
    trainable_source="arXiv:1902.00751, section 2.1",
    changed=lambda _shape, _values: 0,
    rank=lambda _shape, _values: None,
    footprint=_footprint(_BOTH),
    refusals=_refusals(_BOTH),
    capabilities=Capabilities(merge=False, toggle=True, why_not={"merge": _BENT, "batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text(
            "Each layer gets two tiny networks that squeeze its output through a narrow middle and add the result back. "
            "Only these are trained, and at the start they add nothing.",
            "每层增加两个微型网络，把输出压缩到很窄的中间层，再加回原处。只训练这些网络，开始时它们不产生任何影响。",
        ),
        trains=Text(
            "A down- and an up-projection behind attention and behind the MLP", "注意力与 MLP 之后的降维与升维投影"
        ),
        frozen=Text("The whole model", "整个模型"),
        when=Text(
            "Many tasks on one base, each with its own small part; changes that a low-rank matrix cannot express.",
            "一个基础模型上要做多个任务、各自只需一小部分；或需要低秩矩阵无法表达的改变时。",
        ),
        when_not=Text(
            "The result must be a plain model, or every millisecond of an answer counts: choose LoRA and merge it.",
            "结果必须是普通模型，或对回答速度要求极高：请用 LoRA 并合并。",
        ),
        strengths=(
            Text("Learns non-linear corrections", "能学习非线性的修正"),
            Text(
                "Can be switched off exactly, and trains on a quantised base", "可精确关闭，也可在量化的基础模型上训练"
            ),
        ),
        weaknesses=(
            Text("Cannot be merged, so every answer pays for it", "无法合并，每次回答都要付出代价"),
            Text("Adds a step to every layer, one after the other", "在每层中串行增加一步"),
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
    label=Text("Adapters (Pfeiffer)", "适配器（Pfeiffer）"),
    tagline=Text("One small network behind each MLP: half the cost.", "只在 MLP 之后加一个小网络：代价减半。"),
    help=Text(
        "Like Houlsby's adapters, but only one in each layer, behind the MLP. Nearly as good with half the parameters.",
        "与 Houlsby 适配器相同，但每层只在 MLP 之后放一个。参数减半，效果几乎一样。",
    ),
    apply=_apply((_MLP_ENDS,)),
    trainable=_trainable((_MLP_ENDS,)),
    trainable_source="arXiv:1902.00751, section 2.1, once a layer as in arXiv:2005.00247, section 3.2",
    footprint=_footprint((_MLP_ENDS,)),
    refusals=_refusals((_MLP_ENDS,)),
    learn=replace(
        _LEARN,
        what=Text(
            "Each layer gets one tiny network behind its MLP that squeezes the output through a narrow middle and adds the "
            "result back. A search over all placings found this one to be nearly as good as two.",
            "每层在 MLP 之后增加一个微型网络，把输出压缩到很窄的中间层再加回。对各种放置方式的搜索表明，这样一个几乎与两个一样好。",
        ),
        trains=Text("A down- and an up-projection behind each MLP", "每个 MLP 之后的降维与升维投影"),
        weaknesses=(
            *_LEARN.weaknesses[:1],
            Text("Does not correct what attention gives on", "不修正注意力的输出"),
        ),
        paper="Pfeiffer et al. 2020, AdapterFusion, arXiv:2005.00247, and MAD-X, arXiv:2005.00052",
        formula="layers × (2 × bottleneck × hidden + hidden + bottleneck)",
    ),
)
