"""Prompt tuning (Lester et al. 2021, arXiv:2104.08691): trained vectors in front of every text; the model stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import (
    Capabilities,
    GoingOn,
    Learn,
    Method,
    Model,
    Refusal,
    RunContext,
    Values,
    Variant,
)
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape

_NOT_MERGED = Text("methods.prompt.not_merged")
NOT_PACKED = Text("methods.prompt.not_packed")
VIRTUAL = Capabilities(
    merge=False,
    toggle=True,
    packing=False,
    batch=True,
    why_not={"merge": _NOT_MERGED, "packing": NOT_PACKED},
)
WEAK_ON_SMALL = Text("methods.prompt.weak_on_small")


def virtual_tokens(default: int, usual: Text) -> Param:
    """The setting that all methods with virtual tokens share."""
    return Param(
        key="virtual_tokens",
        kind="int",
        default=default,
        minimum=1,
        maximum=512,
        step=1,
        advanced=False,
        label=Text("methods.prompt.virtual_tokens.label"),
        help=Text("methods.prompt.virtual_tokens.help"),
        usual=usual,
    )


def embedding_scale(weight: Any) -> float:
    """Spread of the base's word vectors (of the first few thousand)."""
    return float(weight[:4096].detach().float().std())


def _start_ids(values: Values, run: RunContext, vocabulary: int) -> list[int] | None:
    """Tokens whose word vectors the prompt begins with; None for random vectors. Raises Fault("template.beyond")."""
    import torch

    count = int(values["virtual_tokens"])
    if values["start"] == "vocabulary":
        found: list[int] = torch.randint(0, vocabulary, (count,)).tolist()
        return found
    if values["start"] == "random":
        return None
    from engine.data.templates.isolated.isolated_template import open_template

    ids = open_template(run.tokenizer).plain_ids(values["text"]) if run.tokenizer else []
    return (ids * -(-count // len(ids)))[:count] if ids else None


def _apply(model: Model, values: Values, run: RunContext) -> Model:
    import torch
    from peft import PromptTuningConfig, get_peft_model

    tuned = get_peft_model(
        model, PromptTuningConfig(num_virtual_tokens=values["virtual_tokens"], task_type="CAUSAL_LM")
    )
    words, vectors = model.get_input_embeddings(), tuned.prompt_encoder["default"].embedding.weight
    ids = _start_ids(values, run, words.num_embeddings)
    with torch.no_grad():
        if ids is None:
            vectors.normal_(std=embedding_scale(words.weight))
        else:
            vectors.copy_(words.weight[torch.tensor(ids, device=words.weight.device)])
    return tuned


def refuse_scaled(shape: ModelShape, _values: Values, _training: Values) -> Iterator[Refusal]:
    """Where words beside virtual tokens would come in with another strength than in chat."""
    if shape.scales_words:
        yield Refusal("method", "prompt_tuning.scaled_words", {"family": shape.family})


def _refusals(shape: ModelShape, values: Values, training: Values) -> Iterator[Refusal]:
    yield from refuse_scaled(shape, values, training)
    if values["start"] == "text" and not str(values["text"]).strip():
        yield Refusal("method.text", "prompt_tuning.text_empty")


def _trained_vectors(shape: ModelShape, values: Mapping[str, Any]) -> int:
    """One vector of the model's width for each virtual token (arXiv:2104.08691, section 2)."""
    return int(values["virtual_tokens"]) * shape.hidden


_STARTS = {
    "vocabulary": Text("methods.prompt.starts.vocabulary"),
    "text": Text("methods.prompt.starts.text"),
    "random": Text("methods.prompt.starts.random"),
}

PROMPT = Method(
    key="prompt_tuning",
    family="prompt",
    label=Text("methods.prompt.prompt_tuning.label"),
    tagline=Text("methods.prompt.prompt_tuning.tagline"),
    help=Text("methods.prompt.prompt_tuning.help"),
    saves="adapter",
    footprint=lambda _shape, values: Footprint(front=int(values["virtual_tokens"])),
    params=(
        virtual_tokens(20, Text("methods.prompt.prompt_tuning.params.usual")),
        Param(
            key="start",
            kind="choice",
            default="vocabulary",
            choices=_STARTS,
            label=Text("methods.prompt.prompt_tuning.start.label"),
            help=Text("methods.prompt.prompt_tuning.start.help"),
            usual=Text("methods.prompt.prompt_tuning.start.usual"),
        ),
        Param(
            key="text",
            kind="text",
            default="Answer the question in the style of the examples.",
            label=Text("methods.prompt.prompt_tuning.text.label.the_text_to_begin"),
            help=Text("methods.prompt.prompt_tuning.text.help"),
            usual=Text("methods.prompt.prompt_tuning.text.usual"),
        ),
    ),
    defaults={"learning_rate": 0.1, "epochs": 6},
    apply=_apply,
    trainable=_trained_vectors,
    trainable_source=Text("methods.prompt.prompt_tuning.trainable_source"),
    changed=lambda _shape, _values: 0,
    starts_as_base=False,
    goes_on=GoingOn(frozenset({"start", "text"})),
    rank=lambda _shape, _values: None,
    refusals=_refusals,
    capabilities=VIRTUAL,
    expected_fall=0.1,
    variants=(
        Variant(
            key="text",
            label=Text("methods.prompt.prompt_tuning.text.label.prompt_tuning_from_a"),
            tagline=Text("methods.prompt.prompt_tuning.text.tagline"),
            values={"start": "text"},
            paper="arXiv:2104.08691",
        ),
        Variant(
            key="vocabulary",
            label=Text("methods.prompt.prompt_tuning.vocabulary.label"),
            tagline=Text("methods.prompt.prompt_tuning.vocabulary.tagline"),
            values={"start": "vocabulary"},
            paper="arXiv:2104.08691",
        ),
    ),
    notes=(WEAK_ON_SMALL,),
    learn=Learn(
        what=Text("methods.prompt.prompt_tuning.learn.what"),
        trains=Text("methods.prompt.prompt_tuning.learn.trains"),
        frozen=Text("methods.prompt.prompt_tuning.learn.frozen"),
        when=Text("methods.prompt.prompt_tuning.learn.when"),
        when_not=Text("methods.prompt.prompt_tuning.learn.when_not"),
        strengths=(
            Text("methods.prompt.prompt_tuning.learn.strengths.the_smallest_result_of"),
            Text("methods.prompt.prompt_tuning.learn.strengths.many_tasks_can_be"),
            Text("methods.prompt.prompt_tuning.learn.strengths.the_base_stays_as"),
        ),
        weaknesses=(
            Text("methods.prompt.prompt_tuning.learn.weaknesses.weak_on_models_below"),
            Text("methods.prompt.prompt_tuning.learn.weaknesses.depends_much_on_the"),
            Text("methods.prompt.prompt_tuning.learn.weaknesses.takes_up_context_so"),
        ),
        paper="Lester et al. 2021, The Power of Scale for Parameter-Efficient Prompt Tuning, arXiv:2104.08691",
        formula="virtual tokens × hidden",
    ),
)
