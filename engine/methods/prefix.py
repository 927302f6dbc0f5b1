"""Prefix tuning (Li and Liang 2021, arXiv:2101.00190) and P-tuning v2 (Liu et al. 2021, arXiv:2110.07602).

Both put trained keys and values in front of the text in every layer; the first computes them by a small network while it trains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import GoingOn, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape
from engine.methods.prompt import VIRTUAL, virtual_tokens

_START_SPREAD = 0.1  # of the keys and values that training begins with

_NOT_RECOMPUTED = Text("methods.prefix.not_recomputed")
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
    if not shape.plain_cache:
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
    label=Text("methods.prefix.prefix_tuning.label"),
    tagline=Text("methods.prefix.prefix_tuning.tagline"),
    help=Text("methods.prefix.prefix_tuning.help"),
    saves="adapter",
    footprint=_footprint,
    params=(
        virtual_tokens(20, Text("methods.prefix.prefix_tuning.params.usual")),
        Param(
            key="projection_size",
            kind="int",
            default=256,
            minimum=1,
            maximum=8192,
            step=32,
            label=Text("methods.prefix.prefix_tuning.projection_size.label"),
            help=Text("methods.prefix.prefix_tuning.projection_size.help"),
            usual=Text("methods.prefix.prefix_tuning.projection_size.usual"),
        ),
    ),
    defaults={"learning_rate": 5e-3, "epochs": 6},
    apply=_apply_prefix,
    trainable=_prefix_trainable,
    trainable_source=Text("methods.prefix.prefix_tuning.trainable_source"),
    stored=_vectors,
    changed=lambda _shape, _values: 0,
    starts_as_base=False,
    goes_on=Text("methods.prefix.goes_on"),
    rank=lambda _shape, _values: None,
    refusals=_refusals,
    capabilities=_PER_LAYER,
    learn=Learn(
        what=Text("methods.prefix.prefix_tuning.learn.what"),
        trains=Text("methods.prefix.prefix_tuning.learn.trains"),
        frozen=Text("methods.prefix.prefix_tuning.learn.frozen"),
        when=Text("methods.prefix.prefix_tuning.learn.when"),
        when_not=Text("methods.prefix.prefix_tuning.learn.when_not"),
        strengths=(
            Text("methods.prefix.prefix_tuning.learn.strengths.stronger_than_a_prompt"),
            Text("methods.prefix.prefix_tuning.learn.strengths.the_base_stays_as"),
            Text("methods.prefix.prefix_tuning.learn.strengths.small_results"),
        ),
        weaknesses=(
            Text("methods.prefix.prefix_tuning.learn.weaknesses.cannot_be_merged"),
            Text("methods.prefix.prefix_tuning.learn.weaknesses.needs_a_higher_learning"),
            Text("methods.prefix.prefix_tuning.learn.weaknesses.takes_up_context_and"),
        ),
        paper="Li and Liang 2021, Prefix-Tuning: Optimizing Continuous Prompts for Generation, arXiv:2101.00190",
        formula="(virtual tokens + size) × keys + size + (size + 1) × 2 × layers × keys",
    ),
)

P_TUNING_V2 = replace(
    PREFIX,
    key="p_tuning_v2",
    label=Text("methods.prefix.p_tuning_v2.label"),
    tagline=Text("methods.prefix.p_tuning_v2.tagline"),
    help=Text("methods.prefix.p_tuning_v2.help"),
    params=(virtual_tokens(20, Text("methods.prefix.p_tuning_v2.params.usual")),),
    defaults={"learning_rate": 2e-2, "epochs": 6},
    apply=_apply_v2,
    trainable=_vectors,
    trainable_source=Text("methods.prefix.p_tuning_v2.trainable_source"),
    stored=None,
    goes_on=GoingOn(),
    expected_fall=0.15,
    notes=(
        Text("methods.prefix.p_tuning_v2.notes.each_number_is_trained"),
        Text("methods.prefix.p_tuning_v2.notes.p_tuning_v2_does"),
    ),
    learn=Learn(
        what=Text("methods.prefix.p_tuning_v2.learn.what"),
        trains=Text("methods.prefix.p_tuning_v2.learn.trains"),
        frozen=Text("methods.prefix.p_tuning_v2.learn.frozen"),
        when=Text("methods.prefix.p_tuning_v2.learn.when"),
        when_not=Text("methods.prefix.p_tuning_v2.learn.when_not"),
        strengths=(
            Text("methods.prefix.p_tuning_v2.learn.strengths.simple_all_that_is"),
            Text("methods.prefix.p_tuning_v2.learn.strengths.works_on_small_models"),
            Text("methods.prefix.p_tuning_v2.learn.strengths.many_tasks_in_one"),
        ),
        weaknesses=(
            Text("methods.prefix.p_tuning_v2.learn.weaknesses.cannot_be_merged"),
            Text("methods.prefix.p_tuning_v2.learn.weaknesses.sensitive_to_the_learning"),
            Text("methods.prefix.p_tuning_v2.learn.weaknesses.takes_up_context_and"),
        ),
        paper="Liu et al. 2021, P-Tuning v2: Prompt Tuning Can Be Comparable to Fine-tuning Universally, arXiv:2110.07602",
        formula="virtual tokens × 2 × layers × keys",
    ),
)
