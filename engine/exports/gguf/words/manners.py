"""The ways in which llama.cpp can cut a text, the likeliest for a tokenizer first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.exports.gguf.words.vocabulary import Vocabulary

_GROUPS: tuple[
    tuple[Sequence[str], Sequence[str]], ...
] = (  # marks of a tokenizer.json -> names of llama.cpp, in order
    (("Digits", "ByteLevel"), ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "jais")),
    (("{1,3}", "Han"), ("deepseek-v3", "hunyuan", "kimi-k2", "deepseek-llm", "deepseek-coder")),
    (("{1,3}",), ("llama-bpe", "dbrx", "smaug-bpe", "gpt-4o", "llama4", "glm4", "chatglm-bpe", "olmo", "seed-coder")),
    (("p{M}",), ("qwen35", "qwen2")),
    (("p{N}", "(?i:"), ("qwen2", "stablelm2", "deepseek-r1-qwen", "qwen35", "megrez")),
    (("p{Lu}",), ("tekken", "gpt-4o", "pixtral", "llama4")),
    (("Han",), ("deepseek-llm", "deepseek-coder", "deepseek-v3")),
    (("ByteLevel",), ("gpt-2", "mpt", "olmo", "phi-2", "jais", "default")),
)
_ALL = (
    "default", "gpt-2", "llama-bpe", "qwen2", "smollm", "starcoder", "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon", "mpt",
    "phi-2", "refact", "command-r", "stablelm2", "olmo", "dbrx", "smaug-bpe", "poro-chat", "glm4", "chatglm-bpe", "viking", "jais",
    "tekken", "pixtral", "codeshell", "bloom", "gpt3-finnish", "exaone", "exaone4", "chameleon", "minerva-7b", "megrez", "gpt-4o",
    "llama4", "superbpe", "trillion", "bailingmoe", "seed-coder", "hunyuan", "hunyuan-dense", "kimi-k2", "grok-2", "lfm2", "falcon3",
    "falcon-h1", "qwen35", "minimax-m2", "afmoe", "youtu",
)  # fmt: skip
_TRIMMING_NAME = "phi-3"  # in a model's name makes llama.cpp swallow white space behind special tokens


@dataclass(frozen=True)
class Manner:
    """One way.

    Attributes:
        model: "tokenizer.ggml.model": "gpt2" joins pairs of bytes in their order, "llama" joins the best pieces.
        pre: "tokenizer.ggml.pre", how a text is split into words before.
        prefix: whether a blank is put before a text.
        mark: what the model's name must hold for it.
    """

    model: str
    pre: str = "default"
    prefix: bool = False
    mark: str = ""


def manners_of(vocabulary: Vocabulary) -> list[Manner]:
    """All that can fit."""
    if vocabulary.bytewise:
        found = [Manner("gpt2", pre) for pre in _pres(vocabulary.marks)]
    else:
        found = [Manner("llama", prefix=prefix) for prefix in (True, False)]
    if vocabulary.trims:
        found = [Manner(one.model, one.pre, one.prefix, mark) for one in found for mark in (_TRIMMING_NAME, "")]
    return found


def _pres(marks: str) -> list[str]:
    likely = [name for needed, names in _GROUPS if all(part in marks for part in needed) for name in names]
    return list(dict.fromkeys((*likely, *_ALL)))
