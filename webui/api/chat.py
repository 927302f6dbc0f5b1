"""/v1/chat/completions: conversations."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from engine.api.answering import AnswerPiece, Loading, Used, answered
from engine.api.asking import AskedModel, wishes_of
from engine.api.names import find_served
from engine.api.turns import Asker
from engine.core.errors import Fault
from engine.services.chat.halt import Halt
from webui.api.sending import LAST, WAIT, Event, Sent, event, whole
from webui.api.shapes import Json, chat_logprobs, usage_shape


def chat_answer(asker: Asker, read: Mapping[str, Any], halt: Halt, used: Used) -> Iterator[Sent]:
    """The answer to a request. Raises Fault, before anything is sent where that can be known."""
    _check(read)
    opening = AskedModel.of(asker.ctx, find_served(asker.ctx, read["model"], asker.owner))
    most = read["max_completion_tokens"] or read["max_tokens"]
    prompt = opening.chat_prompt(read["messages"], most)
    wishes = wishes_of(dict(read), most=most, tokens=(read["top_logprobs"] or 0) if read["logprobs"] else -1)
    pieces = answered(asker.chat, opening, (prompt,), wishes, halt, used)
    head = {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": opening.served.name,
        "system_fingerprint": opening.fingerprint,
    }
    if read["stream"]:
        return _streamed(head, pieces, read, used)
    return _whole(head, pieces, read, used)


def _check(read: Mapping[str, Any]) -> None:
    both = read["max_completion_tokens"], read["max_tokens"]
    if None not in both and both[0] != both[1]:
        raise Fault("api.both", param="max_tokens", other="max_completion_tokens")
    if read["top_logprobs"] is not None and not read["logprobs"]:
        raise Fault("api.needs", param="top_logprobs", other="logprobs")
    if read["stream_options"] and not read["stream"]:
        raise Fault("api.needs", param="stream_options", other="stream")


def _whole(head: Json, pieces: Iterator[AnswerPiece | Loading], read: Mapping[str, Any], used: Used) -> Iterator[Sent]:
    choices: list[Json] = [{"text": [], "tokens": [], "finish": ""} for _ in range(read["n"])]
    for piece in pieces:
        if isinstance(piece, AnswerPiece):
            choice = choices[piece.answer]
            choice["text"].append(piece.text)
            choice["tokens"] += piece.tokens
            if piece.finish:
                choice["finish"], choice["text"] = piece.finish, [piece.whole]
    shown = [
        {
            "index": place,
            "message": {"role": "assistant", "content": "".join(one["text"]), "refusal": None},
            "logprobs": chat_logprobs(one["tokens"]) if read["logprobs"] else None,
            "finish_reason": one["finish"],
        }
        for place, one in enumerate(choices)
    ]
    yield whole({**head, "object": "chat.completion", "choices": shown, "usage": usage_shape(used)})


def _streamed(
    head: Json, pieces: Iterator[AnswerPiece | Loading], read: Mapping[str, Any], used: Used
) -> Iterator[Sent]:
    head = {**head, "object": "chat.completion.chunk"}
    last = {"usage": None} if read["stream_options"] else {}
    begun: set[int] = set()
    for piece in pieces:
        if isinstance(piece, Loading):
            yield Event(WAIT)
            continue
        if piece.answer not in begun:
            begun.add(piece.answer)
            yield _chunk(head | last, piece.answer, {"role": "assistant", "content": "", "refusal": None})
        told = chat_logprobs(piece.tokens) if read["logprobs"] else None
        if piece.text or piece.tokens:
            yield _chunk(head | last, piece.answer, {"content": piece.text}, told)
        if piece.finish:
            yield _chunk(head | last, piece.answer, {}, finish=piece.finish)
    if read["stream_options"]:
        yield event({**head, "choices": [], "usage": usage_shape(used)})
    yield Event(LAST)


def _chunk(head: Json, place: int, delta: Json, told: Json | None = None, finish: str | None = None) -> Event:
    return event({**head, "choices": [{"index": place, "delta": delta, "logprobs": told, "finish_reason": finish}]})
