"""What a tokenizer.json says, as llama.cpp wants it: each token's text and kind, and what joins pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fault

_BYTES = {f"<0x{number:02X}>" for number in range(256)}
NORMAL, UNKNOWN, CONTROL, OWN, UNUSED, BYTE = range(1, 7)  # as llama.cpp counts kinds
_KINDS = ("BPE", "Unigram")


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a file.

    Attributes:
        texts: of each token, by its number.
        kinds: of each.
        scores: of each; the better one is joined first.
        merges: pairs that are joined, the first one first; empty where pieces have likelihoods instead.
        bytewise: whether its letters stand for bytes, as GPT-2's.
        marks: the tokenizer's part that says how words are split, as JSON.
        special: {"bos", "eos", "unk", "pad": number or None}.
        ends: tokens that end an answer.
        adds: ("bos", "eos"): whether the tokenizer puts them around a text by itself.
        template: the chat template; empty without one.
        trims: whether some special token swallows the white space behind it.
        composes: whether it makes one letter of a letter and its accent first, which llama.cpp never does.
    """

    texts: list[str]
    kinds: list[int]
    scores: list[float]
    merges: list[str]
    bytewise: bool
    marks: str
    special: Mapping[str, int | None]
    ends: tuple[int, ...]
    adds: tuple[bool, bool]
    template: str
    trims: bool
    composes: bool


def read_vocabulary(folder: Path, rows: int) -> Vocabulary:
    """Of a tokenizer folder, for a model with so many rows in its embeddings; tokens beyond them are left out.

    Raises:
        Fault: "export.gguf_tokenizer" for a kind that llama.cpp does not have.
    """
    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = json.loads((folder / "special.json").read_text(encoding="utf-8"))
    template = folder / "chat_template.jinja"
    model = told["model"]
    kind = model.get("type") or "BPE"
    if kind not in _KINDS:
        raise Fault("export.gguf_tokenizer", kind=kind)
    known = _known(model)
    added = {one["id"]: one for one in told.get("added_tokens") or ()}
    numbers = known | {one["content"]: number for number, one in added.items()}
    by_number = {number: text for text, number in numbers.items()}
    unknown = _unknown(model, numbers)
    named = {part: numbers.get(special.get(f"{part}_token") or "") for part in ("bos", "eos", "unk", "pad")}
    merges = [one if isinstance(one, str) else " ".join(one) for one in model.get("merges") or ()]
    scores = _scores(model, merges)
    return Vocabulary(
        texts=[by_number.get(number, f"[PAD{number}]") for number in range(rows)],
        kinds=[_kind(number, by_number, added, unknown) for number in range(rows)],
        scores=[scores.get(by_number.get(number, ""), -1e6) for number in range(rows)],
        merges=merges,
        bytewise=_has(told.get("pre_tokenizer"), "ByteLevel"),
        marks=json.dumps(told.get("pre_tokenizer")),
        special=named,
        ends=tuple(special.get("eos_token_ids") or ()),
        adds=_adds(folder / "tokenizer.json", named),
        template=template.read_text(encoding="utf-8") if template.is_file() else "",
        trims=any(one.get("rstrip") for one in added.values()),
        composes=_has(told.get("normalizer"), "NFC"),
    )


def _known(model: Mapping[str, Any]) -> dict[str, int]:
    if model.get("type") == "Unigram":
        return {text: number for number, (text, _score) in enumerate(model["vocab"])}
    return dict(model["vocab"])


def _unknown(model: Mapping[str, Any], numbers: Mapping[str, int]) -> int | None:
    return model["unk_id"] if model.get("type") == "Unigram" else numbers.get(model.get("unk_token") or "")


def _scores(model: Mapping[str, Any], merges: list[str]) -> dict[str, float]:
    """Likelihoods; where pairs are joined in an order instead, the place of the first pair that makes a token."""
    if model.get("type") == "Unigram":
        return {text: float(score) for text, score in model["vocab"]}
    found: dict[str, float] = {}
    for place, merge in enumerate(merges):
        found.setdefault(merge.replace(" ", "", 1), -float(place))
    return found


def _kind(number: int, texts: Mapping[int, str], added: Mapping[int, Mapping[str, Any]], unknown: int | None) -> int:
    if number not in texts:
        return UNUSED
    if number == unknown:
        return UNKNOWN
    if texts[number] in _BYTES:
        return BYTE
    if number in added:
        return CONTROL if added[number].get("special") else OWN
    return NORMAL


def _has(part: Any, kind: str) -> bool:
    """Whether a part of a tokenizer, or one in it, is of a kind."""
    return isinstance(part, dict) and (
        part.get("type") == kind
        or any(_has(one, kind) for one in (*part.get("pretokenizers", ()), *part.get("normalizers", ())))
    )


def _adds(file: Path, special: Mapping[str, int | None]) -> tuple[bool, bool]:
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(file)).encode("a").ids
    bos, eos = special["bos"], special["eos"]
    return bos is not None and ids[:1] == [bos], eos is not None and ids[-1:] == [eos]
