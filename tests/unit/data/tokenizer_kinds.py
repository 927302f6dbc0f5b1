"""Small tokenizers of the kinds that real models have, taught on code and talk so that white space merges as in theirs."""

from __future__ import annotations

from functools import cache
from typing import Any

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

SPECIAL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "[INST]", "[/INST]")
PLAIN = ("<think>", "</think>", "<tool_call>", "</tool_call>")  # added, but not special
_LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_CODE = "def kettle(pot):\n    if pot:\n        return pot\n\n    return None\n\n\nclass Lamp:\n\n    pass\n"
_CORPUS = [
    _CODE, _CODE.replace("kettle", "lamp"), "\n\n", "\n  x\n", "\n    x", ":\n\n", ".\n\n", "\t\tx\n", "assistant\n", "user\n",
    "The kettle is on the stove.\n\nThe lamp is in the hall.\n", "Answer: yes.\n\nQuestion: no?\n", "你好，世界。\n", "  - one\n  - two\n",
] * 8  # fmt: skip


def _alphabet() -> list[str]:
    return sorted(set("".join(_CORPUS)) | {chr(n) for n in range(33, 127)} | {"▁"})


def _finished(tokenizer: Tokenizer, strip: bool = False) -> Tokenizer:
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, rstrip=strip) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in PLAIN])
    return tokenizer


def _bytes(pre: Any, post: Any = None) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=420, min_frequency=1, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    if post is not None:
        tokenizer.post_processor = post
    return _finished(tokenizer)


def _llama3() -> Tokenizer:
    split = pre_tokenizers.Split(Regex(_LLAMA3), "isolated")
    return _bytes(pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))


_LLAMA_DECODER = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]


def _pieces(scheme: str, strip: bool = False) -> Tokenizer:
    """BPE over pieces with byte fallback: "legacy" as the first Llama, else Metaspace with that scheme of prepending.

    Args:
        strip: whether special tokens take the white space behind them, as those of Phi-3 do.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    if scheme == "legacy":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    tokenizer.decoder = decoders.Sequence(_LLAMA_DECODER)
    bytes_ = [f"<0x{n:02X}>" for n in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=620,
        min_frequency=1,
        special_tokens=[*SPECIAL, *bytes_],
        initial_alphabet=_alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text for text in _CORPUS if "\n" not in text.strip()], trainer)
    state = Tokenizer(tokenizer.model)  # without the bytes as added tokens, which the trainer makes of them
    state.normalizer, state.decoder = tokenizer.normalizer, tokenizer.decoder
    if tokenizer.pre_tokenizer is not None:
        state.pre_tokenizer = tokenizer.pre_tokenizer
    state.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return _finished(state, strip)


def _unigram() -> Tokenizer:
    words = sorted({piece for text in _CORPUS for word in text.split() for piece in (f"▁{word}", word)})
    letters = [letter for letter in _alphabet() if not letter.isspace()]
    pieces = [*SPECIAL, *(f"<0x{n:02X}>" for n in range(256)), "▁▁", "▁▁▁▁", *words, *letters]
    scored = {piece: -3.0 - len(piece) / 50 for piece in dict.fromkeys(pieces)}
    tokenizer = Tokenizer(models.Unigram(list(scored.items()), 0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="always")])
    return _finished(tokenizer)


def _bert() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=400, special_tokens=list(SPECIAL), initial_alphabet=_alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    return _finished(tokenizer)


KINDS = {
    "gpt-2": lambda: _bytes(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "gpt-2 that trims": lambda: _bytes(
        pre_tokenizers.ByteLevel(add_prefix_space=False), processors.ByteLevel(trim_offsets=True)
    ),
    "bytes with a space": lambda: _bytes(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "llama-3": _llama3,
    "pieces, legacy": lambda: _pieces("legacy"),
    "pieces, always": lambda: _pieces("always"),
    "pieces, first": lambda: _pieces("first"),
    "pieces, stripping marks": lambda: _pieces("first", strip=True),
    "unigram": _unigram,
    "bert": _bert,
}
LOSES_SPACE = {"bert"}  # by its nature: white space is no token


@cache
def _as_text(kind: str) -> str:
    return KINDS[kind]().to_str()


def tokenizer_of(kind: str) -> Tokenizer:
    """A fresh one of that kind."""
    return Tokenizer.from_str(_as_text(kind))
