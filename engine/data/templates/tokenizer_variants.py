"""A tokenizer with small changes: true offsets, no space of its own at the beginning, control tokens under other names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tokenizers import Tokenizer, processors

_NESTED = ("normalizers", "pretokenizers", "processors", "decoders")


def keep_white_space(tokenizer: Tokenizer) -> None:
    """Let tokens' offsets hold their white space too, so that a line break never seems to belong to what follows it."""
    if tokenizer.post_processor is None:
        return
    state = _state(tokenizer.post_processor)
    trimming = [part for part in _parts(state) if part.get("trim_offsets")]
    if trimming:
        for part in trimming:
            part["trim_offsets"] = False
        changed = processors.ByteLevel()
        changed.__setstate__(json.dumps(state).encode())  # type: ignore[attr-defined]
        tokenizer.post_processor = changed


def adds_space(tokenizer: Tokenizer) -> bool:
    """Whether a text that is encoded by itself gets a space before it."""
    found = [_state(part) for part in (tokenizer.normalizer, tokenizer.pre_tokenizer) if part is not None]
    return any(_prepends(part) for state in found for part in _parts(state))


def eats_space(tokenizer: Tokenizer) -> bool:
    """Whether a text that is decoded by itself loses the space before it."""
    if tokenizer.decoder is None:
        return False
    parts = list(_parts(_state(tokenizer.decoder)))
    return any(
        (part["type"] == "Metaspace" and part.get("prepend_scheme", "always") != "never")
        or (part["type"] == "Strip" and part.get("start", 0) > 0)
        for part in parts
    )


def decoder_kinds(tokenizer: Tokenizer) -> frozenset[str]:
    """The kinds of steps in which it makes text of tokens, as its file names them."""
    if tokenizer.decoder is None:
        return frozenset()
    return frozenset(str(part["type"]) for part in _parts(_state(tokenizer.decoder)))


def changes_letters(tokenizer: Tokenizer) -> bool:
    """Whether different letters can be the same to it: capital and small ones, for instance."""
    if tokenizer.normalizer is None:
        return False
    return any(part["type"] not in ("Sequence", "Prepend", "Replace") for part in _parts(_state(tokenizer.normalizer)))


def going_on(tokenizer: Tokenizer) -> Tokenizer:
    """One that reads a text as going on behind another: without a space of its own before it."""
    if not adds_space(tokenizer):
        return tokenizer
    state = json.loads(tokenizer.to_str())
    for name in ("normalizer", "pre_tokenizer"):
        if state[name] is not None:
            state[name] = _without_prefix(state[name])
    return Tokenizer.from_str(json.dumps(state))


def renamed(tokenizer: Tokenizer, names: Mapping[int, str]) -> Tokenizer:
    """One that knows some added tokens, by id, under other names alone: their usual names are plain text to it."""
    state = json.loads(tokenizer.to_str())
    old = {token["content"]: names[token["id"]] for token in state["added_tokens"] if token["id"] in names}
    for token in state["added_tokens"]:
        token["content"] = old.get(token["content"], token["content"])
    model = state["model"]
    if isinstance(model.get("vocab"), dict):
        model["vocab"] = {old.get(piece, piece): number for piece, number in model["vocab"].items()}
    elif "vocab" in model:
        model["vocab"] = [[old.get(piece, piece), score] for piece, score in model["vocab"]]
    if model.get("merges"):
        model["merges"] = [merge for merge in model["merges"] if not _makes(merge, old)]
    if model.get("unk_token") in old:
        model["unk_token"] = old[model["unk_token"]]
    return Tokenizer.from_str(json.dumps(state))


def _makes(merge: str | list[str], names: Mapping[str, str]) -> bool:
    """Whether a merge takes or makes one of the pieces."""
    left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
    return left in names or right in names or left + right in names


def _state(part: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(part.__getstate__())
    return found


def _parts(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A part of a tokenizer, with all that it is a sequence of."""
    yield state
    for name in _NESTED:
        for part in state.get(name, ()):
            yield from _parts(part)


def _prepends(part: Mapping[str, Any]) -> bool:
    if part["type"] == "Metaspace":
        return bool(part.get("prepend_scheme", "always") != "never")
    return bool(part["type"] == "Prepend" or (part["type"] == "ByteLevel" and part.get("add_prefix_space")))


def _without_prefix(state: dict[str, Any]) -> dict[str, Any] | None:
    """The part as it is behind another text; None where nothing is left of it."""
    if state["type"] == "Prepend":
        return None
    for name in _NESTED:
        if name in state:
            state[name] = [kept for part in state[name] if (kept := _without_prefix(part)) is not None]
    if state["type"] == "Metaspace":
        state["prepend_scheme"] = "never"
    if state["type"] == "ByteLevel":
        state["add_prefix_space"] = False
    return state
