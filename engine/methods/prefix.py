"""Prefix tuning (Li and Liang 2021, arXiv:2101.00190) and P-tuning v2 (Liu et al. 2021, arXiv:2110.07602).

Both put trained keys and values in front of the text in every layer; the first computes them by a small network while it trains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape
from engine.methods.prompt import VIRTUAL, virtual_tokens

_OTHER_CACHES = frozenset({"bloom", "gpt_bigcode", "mpt"})  # keys and values laid out in ways of their own
_START_SPREAD = 0.1  # of the keys and values that training begins with

_NOT_RECOMPUTED = Text(
    "its vectors lie in the cache of keys and values, which is not there when a layer is computed again",
    "它的向量存放在键值缓存中，而重新计算某一层时没有缓存",
)
_PER_LAYER = replace(VIRTUAL, checkpointing=False, why_not={**VIRTUAL.why_not, "checkpointing": _NOT_RECOMPUTED})


def _prefixed(model: Model, values: Values, *, size: int | None) -> Model:
    from peft import PrefixTuningConfig, get_peft_model

    config = PrefixTuningConfig(
        num_virtual_tokens=values["virtual_tokens"],
        prefix_projection=size is not None,
        encoder_hidden_size=size,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _apply_prefix(model: Model, values: Values, _run: RunContext) -> Model:
    return _prefixed(model, values, size=int(values["projection_size"]))


def _apply_v2(model: Model, values: Values, _run: RunContext) -> Model:
    import torch

    tuned = _prefixed(model, values, size=None)
    torch.nn.init.normal_(tuned.prompt_encoder["default"].embedding.weight, std=_START_SPREAD)
    return tuned


def _refusals(shape: ModelShape, _values: Values, _training: Values) -> Iterator[Refusal]:
    if shape.family in _OTHER_CACHES:
        yield Refusal("method", "prefix_tuning.family", {"family": shape.family})


def _wide(shape: ModelShape) -> int:
    """Numbers of one token's keys (or values) in one layer: fewer where heads share them."""
    return shape.kv_heads * shape.head_dim


def _vectors(shape: ModelShape, values: Values) -> int:
    """A key and a value for each virtual token in each layer (arXiv:2110.07602, section 3.2)."""
    return int(values["virtual_tokens"]) * 2 * shape.layers * _wide(shape)


def _prefix_trainable(shape: ModelShape, values: Values) -> int:
    """Embeddings and a network of two layers that makes keys and values of them (arXiv:2101.00190, section 4.3)."""
    wide, size = _wide(shape), int(values["projection_size"])
    first = int(values["virtual_tokens"]) * wide + wide * size + size
    return first + (size + 1) * 2 * shape.layers * wide


def _footprint(_shape: ModelShape, values: Values) -> Footprint:
    """Attention over a prefix needs a mask."""
    return Footprint(before=int(values["virtual_tokens"]))


PREFIX = Method(
    key="prefix_tuning",
    family="prompt",
    label=Text("Prefix tuning", "前缀微调（Prefix tuning）"),
    tagline=Text("A trained prefix that every layer sees.", "每一层都能看到的可训练前缀。"),
    help=Text(
        "Puts trained keys and values in front of the text in every layer. "
        "A small network computes them while they are trained; only they are kept.",
        "在每一层的文本前放入训练得到的键和值。训练时由小网络计算，最后只保留结果。",
    ),
    saves="adapter",
    footprint=_footprint,
    params=(
        virtual_tokens(20, Text("10 to 100", "10 到 100")),
        Param(
            key="projection_size",
            kind="int",
            default=256,
            minimum=1,
            maximum=8192,
            step=32,
            label=Text("Size of the network", "重参数化网络宽度"),
            help=Text(
                "Width of the network that computes the prefix. Larger learns more steadily and needs more memory in training; "
                "the result does not grow.",
                "计算前缀的网络的宽度。越大训练越稳定，训练时占用内存越多；结果大小不变。",
            ),
            usual=Text("128 to 800", "128 到 800"),
        ),
    ),
    defaults={"learning_rate": 5e-3, "epochs": 6},
    apply=_apply_prefix,
    trainable=_prefix_trainable,
    trainable_source="arXiv:2101.00190, section 4.3",
    stored=_vectors,
    changed=lambda _shape, _values: 0,
    starts_as_base=False,
    rank=lambda _shape, _values: None,
    refusals=_refusals,
    capabilities=_PER_LAYER,
    learn=Learn(
        what=Text(
            "Every layer gets a few trained keys and values that stand before the text, so attention can look at them. "
            "While training, a small network makes them from shared vectors, which keeps training steady.",
            "每一层在文本前多出几个训练得到的键和值，注意力可以看到它们。训练时由一个小网络从共享向量生成，使训练更稳定。",
        ),
        trains=Text("The prefix's vectors and the small network", "前缀向量和小网络"),
        frozen=Text("Every weight of the model", "模型的所有权重"),
        when=Text(
            "Many tasks share one model in one batch, and prompt tuning is too weak",
            "多个任务在同一批中共用一个模型，而提示微调效果不够",
        ),
        when_not=Text(
            "You want one model file that stands alone: a prefix cannot be merged",
            "需要可独立使用的单个模型文件：前缀无法合并",
        ),
        strengths=(
            Text("Stronger than a prompt at the input alone", "比只在输入处加提示更强"),
            Text("The base stays as it is, bit for bit", "基座模型逐位不变"),
            Text("Small results", "结果小"),
        ),
        weaknesses=(
            Text("Cannot be merged", "无法合并"),
            Text("Needs a higher learning rate and more epochs than LoRA", "比 LoRA 需要更高的学习率和更多轮数"),
            Text("Takes up context and memory for each text", "占用上下文和每段文本的内存"),
        ),
        paper="Li and Liang 2021, Prefix-Tuning: Optimizing Continuous Prompts for Generation, arXiv:2101.00190",
        formula="(virtual tokens + size) × keys + size + (size + 1) × 2 × layers × keys",
    ),
)

P_TUNING_V2 = replace(
    PREFIX,
    key="p_tuning_v2",
    label=Text("P-tuning v2", "P-tuning v2"),
    tagline=Text("Trained vectors in every layer, without a helper network.", "每层都有可训练向量，不用辅助网络。"),
    help=Text(
        "Puts trained keys and values in front of the text in every layer and trains them directly. "
        "Simpler than prefix tuning, and works on small models too.",
        "在每一层的文本前放入键和值并直接训练。比前缀微调简单，小模型上也有效。",
    ),
    params=(virtual_tokens(20, Text("10 to 100", "10 到 100")),),
    defaults={"learning_rate": 2e-2, "epochs": 6},
    apply=_apply_v2,
    trainable=_vectors,
    trainable_source="arXiv:2110.07602, section 3.2",
    stored=None,
    expected_fall=0.15,
    notes=(
        Text(
            "Each number is trained by itself, without a network that ties them together, so it starts more slowly than LoRA: "
            "give it more epochs.",
            "每个数都单独训练，没有网络把它们联系起来，因此起步比 LoRA 慢：需要更多轮数。",
        ),
        Text(
            "P-tuning v2 does not prune anything: it is a trained prompt in each layer.",
            "P-tuning v2 不做任何剪枝：它是每一层的可训练提示。",
        ),
    ),
    learn=Learn(
        what=Text(
            "Every layer gets a few trained keys and values in front of the text; each number is trained directly. "
            "It is prefix tuning without the helper network.",
            "每一层在文本前有几个训练得到的键和值，每个数都直接训练。它就是不带辅助网络的前缀微调。",
        ),
        trains=Text("Keys and values of the virtual tokens in each layer", "各层虚拟词元的键和值"),
        frozen=Text("Every weight of the model", "模型的所有权重"),
        when=Text(
            "A prompt for each task, on models too small for prompt tuning",
            "每个任务一个提示，而模型小到提示微调无效",
        ),
        when_not=Text(
            "You want one model file that stands alone, or the context is short",
            "需要可独立使用的单个模型文件，或上下文很短",
        ),
        strengths=(
            Text("Simple: all that is trained is kept", "简单：训练什么就保存什么"),
            Text("Works on small models too", "小模型上也有效"),
            Text("Many tasks in one batch", "多个任务可放在同一批中"),
        ),
        weaknesses=(
            Text("Cannot be merged", "无法合并"),
            Text("Sensitive to the learning rate", "对学习率敏感"),
            Text("Takes up context and memory for each text", "占用上下文和每段文本的内存"),
        ),
        paper="Liu et al. 2021, P-Tuning v2: Prompt Tuning Can Be Comparable to Fine-tuning Universally, arXiv:2110.07602",
        formula="virtual tokens × 2 × layers × keys",
    ),
)
