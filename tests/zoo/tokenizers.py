"""Tokenizers of the zoo, built here: byte-level as tiktoken's, and pieces with word marks as SentencePiece's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tests import tiny

Kind = Literal["bytes", "tiktoken", "pieces", "unigram"]
_LEARNT = 440  # tokens before the special ones
_WORD = "▁"
_BYTES = tuple(f"<0x{number:02X}>" for number in range(256))
_FIRST = ("<unk>", "<s>", "</s>", *_BYTES)
_PIECES = _LEARNT - len(_FIRST)
_TIKTOKEN = (  # how tiktoken splits for Llama 3 and Qwen: numbers in threes, line breaks with what stands before them
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Tokens:
    """The tokenizer of a zoo model.

    Attributes:
        kind: "bytes" as GPT-2's, "tiktoken" as Llama 3's, "pieces" as Llama 2's (BPE with word marks and byte fallback),
            "unigram" as SentencePiece's other kind.
        special: tokens that stand for themselves and that decoding skips.
        plain: added tokens that decoding shows, such as <think>.
        named: "bos_token", "eos_token" and so on, as tokenizer_config.json has them; each must be in `special`.
        begins: whether the tokenizer itself puts "bos_token" in front of a text.
        extra: further added tokens, which make the tokenizer larger.
    """

    kind: Kind = "tiktoken"
    special: tuple[str, ...] = ("<|endoftext|>",)
    plain: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=lambda: {"eos_token": "<|endoftext|>"})
    begins: bool = False
    extra: int = 0


def tokenizer_of(tokens: Tokens) -> Tokenizer:
    """The tokenizer; ids of learnt tokens come first, then `special`, then `plain`."""
    tokenizer = Tokenizer.from_str(_learnt(tokens.kind))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in tokens.special])
    more = [*tokens.plain, *(f"<extra_{number}>" for number in range(tokens.extra))]
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in more])
    if tokens.begins:
        first = tokens.named["bos_token"]
        number = tokenizer.token_to_id(first)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{first} $A", pair=f"{first} $A {first} $B", special_tokens=[(first, number)]
        )
    return tokenizer


def write(tokens: Tokens, folder: Path, template: str | None) -> Tokenizer:
    """tokenizer.json, tokenizer_config.json and the chat template, as a hub's folder has them."""
    tokenizer = tokenizer_of(tokens)
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", **tokens.named}
    config["clean_up_tokenization_spaces"] = False
    (folder / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return tokenizer


@cache
def _learnt(kind: Kind) -> str:
    made = {"bytes": _byte_level, "tiktoken": _byte_level, "pieces": _pieces, "unigram": _unigram}[kind]
    return str(made(kind).to_str())


def _byte_level(kind: Kind) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    whole = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=kind == "bytes")
    split = pre_tokenizers.Split(Regex(_TIKTOKEN), behavior="isolated")
    tokenizer.pre_tokenizer = whole if kind == "bytes" else pre_tokenizers.Sequence([split, whole])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=_LEARNT, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(tiny.sentences(), trainer)
    return tokenizer


def _pieces(_kind: Kind) -> Tokenizer:
    """BPE over text in which spaces are marks, one before the text and after every special token; the rest is spelt in bytes."""
    scratch = Tokenizer(models.BPE())
    scratch.normalizer = _marks()
    scratch.pre_tokenizer = pre_tokenizers.Split(_WORD, behavior="merged_with_next")
    scratch.train_from_iterator(tiny.sentences(), trainers.BpeTrainer(vocab_size=_PIECES, show_progress=False))
    learnt = json.loads(scratch.to_str())["model"]
    ordered = sorted(learnt["vocab"], key=learnt["vocab"].__getitem__)
    vocabulary = {token: place for place, token in enumerate((*_FIRST, *ordered))}
    merges = [tuple(merge) for merge in learnt["merges"]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=_FIRST[0], byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = _marks()
    tokenizer.decoder = _without_marks()
    return tokenizer


def _unigram(_kind: Kind) -> Tokenizer:
    """Pieces with probabilities; a word mark stands before the first word alone."""
    split = pre_tokenizers.Metaspace(replacement=_WORD, prepend_scheme="first")
    scratch = Tokenizer(models.Unigram())
    scratch.pre_tokenizer = split
    trainer = trainers.UnigramTrainer(vocab_size=_PIECES, unk_token=_FIRST[0], show_progress=False)
    scratch.train_from_iterator(tiny.sentences(), trainer)
    learnt = [tuple(piece) for piece in json.loads(scratch.to_str())["model"]["vocab"] if piece[0] != _FIRST[0]]
    head = [(token, -20.0 if token in _BYTES else 0.0) for token in _FIRST]
    tokenizer = Tokenizer(models.Unigram([*head, *learnt], unk_id=0, byte_fallback=True))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = _without_marks()
    return tokenizer


def _marks() -> normalizers.Normalizer:
    return normalizers.Sequence([normalizers.Prepend(_WORD), normalizers.Replace(" ", _WORD)])


def _without_marks() -> decoders.Decoder:
    steps = [decoders.Replace(_WORD, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    return decoders.Sequence(steps)
