"""Answers as OpenAI's clients read them."""

from __future__ import annotations

import base64
import codecs
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from engine.api.answering import Used
from engine.api.names import ServedModel
from engine.api.spelling import Spelt, SpeltToken

Json = dict[str, Any]
OWNER = "tunesmith"


def model_shape(model: ServedModel) -> Json:
    """A model in a list, with what is ours behind what is OpenAI's."""
    return {
        "id": model.name,
        "object": "model",
        "created": int(model.made_at),
        "owned_by": OWNER,
        "name": model.label,
        "base": model.base,
        "context_length": model.context,
    }


def usage_shape(used: Used) -> Json:
    """Tokens that were read and written."""
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.written,
        "total_tokens": used.prompt + used.written,
        "prompt_tokens_details": {"cached_tokens": used.reused},
    }


def chat_logprobs(tokens: Sequence[SpeltToken]) -> Json:
    """What tokens of an answer were worth, as chats have it."""
    content = [_spelt(one.token) | {"top_logprobs": [_spelt(other) for other in one.likeliest]} for one in tokens]
    return {"content": content, "refusal": None}


def _spelt(one: Spelt) -> Json:
    return {"token": one.text, "logprob": one.log_probability, "bytes": list(one.bytes)}


class PlainLogprobs:
    """The same, as continued texts have it: lists side by side, and where each token begins, in characters."""

    def __init__(self, begin: int = 0) -> None:
        self._place = begin
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")

    def shape(self, tokens: Sequence[SpeltToken], most: int) -> Json:
        """Of the tokens that come next."""
        offsets: list[int] = []
        for one in tokens:
            offsets.append(self._place)
            self._place += 0 if one.token.hidden else len(self._decoder.decode(one.token.bytes))
        return {
            "tokens": [_plain(one.token) for one in tokens],
            "token_logprobs": [one.token.log_probability if one.told else None for one in tokens],
            "top_logprobs": [_top(one) if one.told else None for one in tokens] if most else None,
            "text_offset": offsets,
        }


def _top(one: SpeltToken) -> Mapping[str, float]:
    """The likeliest tokens, and the one that stands there; of several that look the same, the likelier one."""
    found: dict[str, float] = {}
    for other in (*one.likeliest, one.token):
        found.setdefault(_plain(other), other.log_probability)
    return found


def _plain(one: Spelt) -> str:
    """Its text; parts of characters by their bytes, as "bytes:\\xe4\\xbd"."""
    try:
        return one.bytes.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in one.bytes)


def vector_shape(place: int, vector: Sequence[float], encoding: str) -> Json:
    """One text's vector: numbers, or 32-bit floats, the lowest byte first, as base64."""
    packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() if encoding == "base64" else vector
    return {"object": "embedding", "index": place, "embedding": packed}
