"""What made an answer, kept beside it: enough to see the exact prompt, and to ask for the same again."""

from __future__ import annotations

import base64
import hashlib
import logging
import sys
import zlib
from array import array
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine import VERSION
from engine.core.errors import Fault
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import Ask, Request

WORDS = 5  # likeliest tokens that are kept beside each one of an answer
_LIBRARIES = ("torch", "transformers", "peft", "tokenizers")
_TIMES = ("first_token_s", "tokens_per_second", "prompt_tokens", "tokens", "reason")
log = logging.getLogger("tunesmith.chat")


def made_of(
    request: Request, ask: Ask, event: Mapping[str, Any], settings: Mapping[str, Any], base: str
) -> dict[str, Any]:
    """What is kept of an answer in `Message.made_by`.

    Args:
        event: that ended the side.
        settings: of the chat.
        base: name of the base whose tokenizer and template it is.

    Returns:
        {"prompt" ([[text, whether it is a control token], ...]), "prompt_ids" and "answer_ids" (as `packed`), "prompt_sha256",
        "template", "sampling", "device", "precision", "threads", "engine", "libraries", "words", "end", and numbers of the event}.
    """
    plan = request.plan
    kept = {name: event[name] for name in _TIMES if event.get(name) is not None}
    return kept | {
        "prompt": _shown(ask, request),
        "prompt_ids": packed(ask.ids),
        "prompt_sha256": ids_sha256(ask.ids),
        "template": _template(base, request, ask),
        "sampling": _sampling(settings, request, ask),
        "device": plan.device,
        "precision": plan.dtype,
        "threads": plan.threads,
        "engine": VERSION,
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "answer_ids": packed(event["ids"]) if "ids" in event else None,
        "words": event.get("words", []),
        "end": event.get("end"),
        "end_id": event.get("end_id"),
    }


def _sampling(settings: Mapping[str, Any], request: Request, ask: Ask) -> dict[str, Any]:
    """All settings of the chat but the system prompt, which stands in the prompt, as they were for this answer."""
    chosen = {name: value for name, value in settings.items() if name != "system"}
    drawn = {"temperature": request.temperature, "top_p": request.top_p, "max_tokens": ask.max_tokens, "seed": ask.seed}
    return chosen | drawn


def _tokenizer(request: Request, ask: Ask) -> ChatTemplate:
    return open_template(Path(ask.tokenizer or request.plan.tokenizer))


def _shown(ask: Ask, request: Request) -> list[list[Any]]:
    try:
        found = _tokenizer(request, ask).marked(ask.ids)
    except Fault as fault:  # the answer is there all the same
        log.warning("The prompt of an answer could not be made readable: %s", fault)
        return []
    return [[text, int(control)] for text, control in found]


def _template(base: str, request: Request, ask: Ask) -> dict[str, Any]:
    """{"name", "sha256" (None without a chat template)}."""
    try:
        source = _tokenizer(request, ask).source
    except Fault:
        source = None
    return {"name": base, "sha256": source and hashlib.sha256(source.encode()).hexdigest()}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def packed(ids: Sequence[int]) -> str:
    """Token ids in few characters: 32-bit numbers, the lowest byte first, by zlib, as base64."""
    numbers = array("I", ids)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(zlib.compress(numbers.tobytes())).decode()


def unpacked_ids(text: str) -> tuple[int, ...]:
    """What `packed` was given."""
    numbers = array("I", zlib.decompress(base64.b64decode(text)))
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)


def ids_sha256(ids: Sequence[int]) -> str:
    """Names a list of token ids: sha256 of the numbers with blanks between them."""
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()
