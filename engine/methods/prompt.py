"""Prompt tuning (Lester et al. 2021, arXiv:2104.08691): trained vectors in front of every text; the model stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values, Variant
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape

_NOT_MERGED = Text(
    "it puts trained vectors in front of the text and changes no weight, so there is nothing to put into the weights",
    "它只在文本前加入训练得到的向量，不改变任何权重，因此没有可以合并进权重的内容",
)
NOT_PACKED = Text("each example needs the trained vectors in front of it", "每个样本前面都需要放置训练得到的向量")
VIRTUAL = Capabilities(
    merge=False,
    toggle=True,
    packing=False,
    batch=True,
    why_not={"merge": _NOT_MERGED, "packing": NOT_PACKED},
)
WEAK_ON_SMALL = Text(
    "Vectors at the input alone get close to full fine-tuning only on models of about ten billion weights; "
    "small models learn much less from them than from LoRA in as many steps.",
    "仅在输入处加向量，只有在约百亿参数的模型上才接近全量微调；小模型在同样步数内学到的远少于 LoRA。",
)


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
        label=Text("Virtual tokens", "虚拟词元数"),
        help=Text(
            "How many trained vectors stand in front of every text. More can hold more, "
            "learn more slowly, and take up that much of the model's context.",
            "每段文本前放置多少个训练得到的向量。越多能容纳的内容越多，但学得更慢，并占用相应的上下文长度。",
        ),
        usual=usual,
    )


def embedding_scale(weight: Any) -> float:
    """Spread of the base's word vectors (of the first few thousand)."""
    return float(weight[:4096].detach().float().std())


def _start_ids(values: Values, run: RunContext, vocabulary: int) -> list[int] | None:
    """Tokens whose word vectors the prompt begins with; None for random vectors."""
    import torch

    count = int(values["virtual_tokens"])
    if values["start"] == "vocabulary":
        found: list[int] = torch.randint(0, vocabulary, (count,)).tolist()
        return found
    if values["start"] == "random":
        return None
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(run.tokenizer / "tokenizer.json")).encode(values["text"]).ids if run.tokenizer else []
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


def _refusals(_shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    if values["start"] == "text" and not str(values["text"]).strip():
        yield Refusal("method.text", "prompt_tuning.text_empty")


def _trained_vectors(shape: ModelShape, values: Mapping[str, Any]) -> int:
    """One vector of the model's width for each virtual token (arXiv:2104.08691, section 2)."""
    return int(values["virtual_tokens"]) * shape.hidden


_STARTS = {
    "vocabulary": Text("Words of the model, drawn at random", "随机抽取模型词表中的词"),
    "text": Text("A text of yours", "你写的一段文字"),
    "random": Text("Random numbers", "随机数"),
}

PROMPT = Method(
    key="prompt_tuning",
    family="prompt",
    label=Text("Prompt tuning", "提示微调（Prompt tuning）"),
    tagline=Text("A few kilobytes of trained prompt; the model is untouched.", "只训练几千字节的提示，模型完全不变。"),
    help=Text(
        "Puts a few vectors in front of every text, as if they were words, and trains these alone. "
        "The smallest result of all; it learns little on small models.",
        "在每段文本前放几个像词一样的向量，并且只训练它们。结果最小；在小模型上学到的较少。",
    ),
    saves="adapter",
    footprint=lambda _shape, values: Footprint(front=int(values["virtual_tokens"])),
    params=(
        virtual_tokens(20, Text("8 to 100", "8 到 100")),
        Param(
            key="start",
            kind="choice",
            default="vocabulary",
            choices=_STARTS,
            label=Text("The vectors begin as", "向量的初始值"),
            help=Text(
                "Where training starts from. Words of the model learn faster than random numbers; a text that describes the task is best.",
                "训练的起点。从模型的词开始比随机数学得快；一段描述任务的文字效果最好。",
            ),
            usual=Text("a text that describes the task", "描述任务的文字"),
        ),
        Param(
            key="text",
            kind="text",
            default="Answer the question in the style of the examples.",
            label=Text("The text to begin with", "初始文字"),
            help=Text(
                "Used when the vectors begin as a text: repeated or cut until it has as many tokens as there are vectors.",
                "当初始值选择文字时使用：会重复或截断，直到词元数与向量数相同。",
            ),
            usual=Text("a sentence that describes the task", "一句描述任务的话"),
        ),
    ),
    defaults={"learning_rate": 0.1, "epochs": 6},
    apply=_apply,
    trainable=_trained_vectors,
    trainable_source="arXiv:2104.08691, section 2",
    changed=lambda _shape, _values: 0,
    starts_as_base=False,
    rank=lambda _shape, _values: None,
    refusals=_refusals,
    capabilities=VIRTUAL,
    expected_fall=0.1,
    variants=(
        Variant(
            key="text",
            label=Text("Prompt tuning from a text", "从文字开始的提示微调"),
            tagline=Text("Begins as a sentence that describes the task.", "以一句描述任务的话为起点。"),
            values={"start": "text"},
            paper="arXiv:2104.08691",
        ),
        Variant(
            key="vocabulary",
            label=Text("Prompt tuning from the vocabulary", "从词表开始的提示微调"),
            tagline=Text("Begins as words drawn at random.", "以随机抽取的词为起点。"),
            values={"start": "vocabulary"},
            paper="arXiv:2104.08691",
        ),
    ),
    notes=(WEAK_ON_SMALL,),
    learn=Learn(
        what=Text(
            "A few vectors are put in front of every text, as if they were words that no dictionary has. "
            "Training finds the vectors that make the frozen model answer as the examples do.",
            "在每段文本前放几个向量，就像词典里没有的词。训练找出能让被冻结的模型按样本回答的向量。",
        ),
        trains=Text("The vectors in front of the text", "文本前面的向量"),
        frozen=Text("Every weight of the model, its word vectors too", "模型的所有权重，包括词向量"),
        when=Text(
            "A large model, many small tasks that share it, and each task's file may only be kilobytes",
            "模型很大、多个小任务共用一个模型，且每个任务的文件只能有几千字节",
        ),
        when_not=Text(
            "A small model, or a task that needs new knowledge rather than another way of answering",
            "模型较小，或任务需要新知识而不仅仅是换一种回答方式",
        ),
        strengths=(
            Text("The smallest result of all", "结果最小"),
            Text("Many tasks can be answered in one batch by one model", "同一个模型可以在一批中回答多个任务"),
            Text("The base stays as it is, bit for bit", "基座模型逐位不变"),
        ),
        weaknesses=(
            Text("Weak on models below a few billion weights", "在几十亿参数以下的模型上效果弱"),
            Text("Depends much on the learning rate and on the start", "对学习率和初始值很敏感"),
            Text("Takes up context, so every answer costs a little more", "占用上下文，每次回答略慢"),
        ),
        paper="Lester et al. 2021, The Power of Scale for Parameter-Efficient Prompt Tuning, arXiv:2104.08691",
        formula="virtual tokens × hidden",
    ),
)
