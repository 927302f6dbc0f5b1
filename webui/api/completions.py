"""/v1/completions: texts that are continued as they are, without a template."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.api.answering import AnswerPiece, Loading, Used, answered, read_tokens
from engine.api.asking import ApiPrompt, AskedModel, wishes_of
from engine.api.names import find_served
from engine.api.params import MOST_ANSWERS
from engine.api.spelling import SpeltToken
from engine.api.turns import Asker
from engine.core.errors import Fault
from engine.services.chat.halt import Halt
from webui.api.sending import LAST, WAIT, Event, Sent, event, whole
from webui.api.shapes import Json, PlainLogprobs, usage_shape

_Pieces = Iterator[AnswerPiece | Loading]


def completion_answer(asker: Asker, read: Mapping[str, Any], halt: Halt, used: Used) -> Iterator[Sent]:
    """The answer to a request. Raises Fault, before anything is sent where that can be known."""
    _check(read)
    opening = AskedModel.of(asker.ctx, find_served(asker.ctx, read["model"], asker.owner))
    room = min(1, read["max_tokens"])
    prompts = [opening.plain_prompt(one, "prompt", room) for one in read["prompt"]]
    head = {
        "id": f"cmpl-{secrets.token_hex(12)}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": opening.served.name,
        "system_fingerprint": opening.fingerprint,
    }
    pieces = _pieces(asker, opening, prompts, read, halt, used)
    return _streamed(head, pieces, read, used) if read["stream"] else _whole(head, pieces, read, used)


def _check(read: Mapping[str, Any]) -> None:
    if read["max_tokens"] == 0 and not read["echo"]:
        raise Fault("api.nothing_asked", param="max_tokens")
    if read["stream_options"] and not read["stream"]:
        raise Fault("api.needs", param="stream_options", other="stream")
    if (count := len(read["prompt"]) * read["n"]) > MOST_ANSWERS:
        raise Fault("api.too_many_answers", param="n", count=count, most=MOST_ANSWERS)


def _pieces(
    asker: Asker, opening: AskedModel, prompts: Sequence[ApiPrompt], read: Mapping[str, Any], halt: Halt, used: Used
) -> _Pieces:
    """Prompts where they are wanted too, then answers."""
    told, count = read["logprobs"], read["n"]
    used.prompt = sum(len(prompt.ids) for prompt in prompts)
    if read["echo"]:
        own: Sequence[tuple[SpeltToken, ...]] = [()] * len(prompts)
        if told is not None:
            own = read_tokens(asker.chat, opening, prompts, told, halt)
        for place in range(len(prompts) * count):
            done = "length" if read["max_tokens"] == 0 else ""
            yield AnswerPiece(place, prompts[place // count].text, own[place // count], done)
    if read["max_tokens"]:
        tokens = -1 if told is None else told
        wishes = wishes_of(dict(read), most=read["max_tokens"], tokens=tokens, plain=True)
        yield from answered(asker.chat, opening, prompts, wishes, halt, used)


@dataclass
class _Choice:
    """One answer so far."""

    text: list[str] = field(default_factory=list)
    tokens: list[SpeltToken] = field(default_factory=list)
    finish: str = ""


def _whole(head: Json, pieces: _Pieces, read: Mapping[str, Any], used: Used) -> Iterator[Sent]:
    choices = [_Choice() for _ in range(len(read["prompt"]) * read["n"])]
    for piece in pieces:
        if isinstance(piece, AnswerPiece):
            choice = choices[piece.answer]
            choice.text.append(piece.text)
            choice.tokens += piece.tokens
            choice.finish = piece.finish or choice.finish
    shown = [
        _choice(place, "".join(one.text), _logprobs(read, PlainLogprobs(), one.tokens), one.finish)
        for place, one in enumerate(choices)
    ]
    yield whole({**head, "choices": shown, "usage": usage_shape(used)})


def _streamed(head: Json, pieces: _Pieces, read: Mapping[str, Any], used: Used) -> Iterator[Sent]:
    last = {"usage": None} if read["stream_options"] else {}
    shapes = [PlainLogprobs() for _ in range(len(read["prompt"]) * read["n"])]
    for piece in pieces:
        if isinstance(piece, Loading):
            yield Event(WAIT)
            continue
        told = _logprobs(read, shapes[piece.answer], piece.tokens)
        yield event({**head, **last, "choices": [_choice(piece.answer, piece.text, told, piece.finish or None)]})
    if read["stream_options"]:
        yield event({**head, "choices": [], "usage": usage_shape(used)})
    yield Event(LAST)


def _logprobs(read: Mapping[str, Any], shape: PlainLogprobs, tokens: Sequence[SpeltToken]) -> Json | None:
    return None if read["logprobs"] is None else shape.shape(tokens, read["logprobs"])


def _choice(place: int, text: str, told: Json | None, finish: str | None) -> Json:
    return {"index": place, "text": text, "logprobs": told, "finish_reason": finish}
