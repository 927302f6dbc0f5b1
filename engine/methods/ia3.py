"""IA3 (Liu et al. 2022, arXiv:2205.05638): keys, values and the inner part of the feed-forward are stretched by trained factors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_ATTENTION = ("k_proj", "v_proj", "query_key_value", "qkv_proj", "c_attn")  # by what each family calls them
_FEED_FORWARD = ("down_proj", "dense_4h_to_h", "mlp.c_proj", "fc2")
_PLACES = {"attention": _ATTENTION, "feed_forward": _FEED_FORWARD}

_PARAMS = (
    Param(
        key="places",
        kind="multi",
        default=["attention", "feed_forward"],
        choices={
            "attention": Text("Keys and values of the attention", "注意力的键和值"),
            "feed_forward": Text("Inside the feed-forward part", "前馈部分内部"),
        },
        label=Text("What is stretched", "缩放哪些部分"),
        help=Text(
            "Where a factor is learnt for each number. Models that keep queries, keys and values in one layer "
            "have their queries stretched too.",
            "在哪些地方为每个数学习一个缩放系数。查询、键、值合在一层的模型，其查询也会被缩放。",
        ),
        usual=Text("both", "两者"),
    ),
)


def _chosen(values: Values, names: Iterable[str]) -> dict[str, bool]:
    """Module name -> whether its inputs (not its outputs) are stretched, for those of `names` that the method takes."""
    known = set(names)
    wanted = [(name, place == "feed_forward") for place in values["places"] for name in _PLACES[place]]
    return {name: inner for name, inner in wanted if name in known}


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from peft import IA3Config, get_peft_model

    names = {".".join(parts[-i:]) for name, _ in model.named_modules() if (parts := name.split(".")) for i in (1, 2)}
    chosen = _chosen(values, names)
    config = IA3Config(
        target_modules=list(chosen),
        feedforward_modules=[name for name, inner in chosen.items() if inner],
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _trainable(shape: ModelShape, values: Values) -> int:
    chosen = _chosen(values, shape.linears)
    return shape.layers * sum(shape.linears[name][0 if inner else 1] for name, inner in chosen.items())


def _changed(shape: ModelShape, values: Values) -> int:
    chosen = _chosen(values, shape.linears)
    weights = sum(shape.linears[name][0] * shape.linears[name][1] for name in chosen)
    biases = sum(shape.linears[name][1] for name, inner in chosen.items() if not inner and name in shape.linear_biases)
    return shape.layers * (weights + biases)


def _rank(shape: ModelShape, values: Values) -> int | None:
    return max((min(shape.linears[name]) for name in _chosen(values, shape.linears)), default=0)


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """What is stretched: outputs, or inputs."""
    chosen = _chosen(values, shape.linears)
    return Footprint(kept=sum(shape.linears[name][0 if inner else 1] for name, inner in chosen.items()))


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    if not _chosen(values, shape.linears):
        yield Refusal("method.places", "ia3.no_places", {"family": shape.family})


IA3 = Method(
    key="ia3",
    family="low_rank",
    label=Text("IA³", "IA³"),
    tagline=Text("A few thousand factors, nothing more.", "只学习几千个缩放系数。"),
    help=Text(
        "Learns one factor for each key, value and inner number of a layer, and multiplies by it. "
        "The smallest of all results, some ten times smaller than LoRA's; it can shift emphasis, not teach new things.",
        "为每一层的键、值和内部数值各学习一个系数并相乘。结果最小，约为 LoRA 的十分之一以下；能调整侧重，但难以学会新知识。",
    ),
    saves="adapter",
    footprint=_footprint,
    params=_PARAMS,
    defaults={"learning_rate": 0.03, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2205.05638, section 3.3",
    changed=_changed,
    rank=_rank,
    refusals=_refusals,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text(
            "Every key, every value and every inner number of the feed-forward part gets a factor, which starts at 1. "
            "Training turns some up and some down, as a mixing desk does.",
            "每个键、每个值以及前馈部分的每个内部数值都有一个初始为 1 的系数。训练把有的调大、有的调小，就像调音台。",
        ),
        trains=Text("One vector of factors for each stretched layer.", "每个被缩放的层一个系数向量。"),
        frozen=Text("Every weight of the model.", "模型的全部权重。"),
        when=Text("Very few examples, or very many small results to keep.", "样本极少，或需要保存大量小结果。"),
        when_not=Text(
            "When something new must be learnt: it can only weigh what is there.",
            "需要学习新内容时：它只能调整已有内容的权重。",
        ),
        strengths=(
            Text("Kilobytes instead of megabytes.", "以千字节计，而非兆字节。"),
            Text("Can be merged, can be switched off.", "可合并，可关闭。"),
        ),
        weaknesses=(
            Text(
                "Needs a learning rate of its own, some thirty times LoRA's.", "需要专门的学习率，约为 LoRA 的三十倍。"
            ),
            Text("Learns the least of the family.", "在同类方法中学到的最少。"),
        ),
        paper="Liu et al. 2022, Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning, arXiv:2205.05638",
        formula="layers × (keys + values + feed-forward width)",
    ),
)
