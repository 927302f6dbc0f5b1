"""What a server elsewhere says to a question, piece by piece, as `/v1/chat/completions` streams it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import Fault
from engine.serving.outside.call import OutsideCall
from engine.serving.outside.servers import OutsideServer

_DONE = "[DONE]"
_THOUGHT = ("<think>\n", "\n</think>\n\n")  # what is thought comes apart; models here write it so
_MOST_TOKENS = 10**7


@dataclass(frozen=True)
class OutsideAsk:
    """What a server's model is to answer.

    Attributes:
        side: that answers.
        server: that is asked.
        model: its name there.
        messages: the conversation up to the question.
        sampling: temperature, top_p, max_tokens and seed.
    """

    side: str
    server: OutsideServer
    model: str
    messages: Sequence[Mapping[str, str]]
    sampling: Mapping[str, Any]


@dataclass
class Speech:
    """An answer as far as it has come."""

    text: str = ""  # all of it; a character may have come by half
    pieces: int = 0  # that it came in
    reason: str | None = None  # why it ended: "end" or "length"; None while it goes on
    prompt_tokens: int | None = None  # as the server counts them
    tokens: int | None = None  # likewise, of the answer
    _thinking: bool = field(default=False, repr=False)

    def add(self, thought: str, said: str) -> None:
        """Take a piece in."""
        if thought:
            self.text += thought if self._thinking else _THOUGHT[0] + thought
            self._thinking = True
        if said:
            self.text += _THOUGHT[1] + said if self._thinking else said
            self._thinking = False
        self.pieces += bool(thought or said)


def models_of(call: OutsideCall, host: str) -> list[str]:
    """The names of a server's models. Raises Fault("outside.…")."""
    try:
        rows = json.loads(call.whole("GET", "/models"))["data"]
        return sorted({name for row in rows if (name := row["id"]) and isinstance(name, str) and name.isprintable()})
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Fault("outside.unreadable", host=host) from None


def speech_of(call: OutsideCall, ask: OutsideAsk) -> Iterator[Speech]:
    """The answer after each piece of it; the last one has a reason. Raises Fault("outside.…") or CutOff."""
    question = {"model": ask.model, "messages": list(ask.messages), "stream": True, **ask.sampling}
    question["stream_options"] = {"include_usage": True}
    speech, host = Speech(), ask.server.host
    with call.answer("POST", "/chat/completions", question) as (kind, pieces):
        streams = "event-stream" in kind
        for said in _events(pieces) if streams else iter([b"".join(pieces)]):
            if said == _DONE.encode():
                speech.reason = speech.reason or "end"
                break
            _take(call, speech, said, host)
            yield speech
    if speech.reason is None:
        if streams:
            raise Fault("outside.broken_off", host=host, reason="EOF")
        speech.reason = "end"
    yield speech


def _events(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The data of server-sent events. Comments and other fields are passed over."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            name, _colon, data = line.strip().partition(b":")
            if name == b"data" and data.strip():
                yield data.strip()
    name, _colon, data = rest.strip().partition(b":")
    if name == b"data" and data.strip():
        yield data.strip()


def _take(call: OutsideCall, speech: Speech, said: bytes, host: str) -> None:
    """Take what one event says in. Raises Fault("outside.failed" or "outside.unreadable")."""
    try:
        value = json.loads(said)
        if value.get("error"):
            error = value["error"]
            told = str(error.get("message", error) if isinstance(error, dict) else error)
            raise Fault("outside.failed", host=host, said=call.without_key(told))
        _count(speech, value.get("usage"))
        for choice in value["choices"][:1]:
            part = choice.get("delta") or choice.get("message") or {}
            thought = part.get("reasoning_content") or part.get("reasoning")
            speech.add(_text(thought), _text(part.get("content")))
            if ended := choice.get("finish_reason"):
                speech.reason = "length" if ended == "length" else "end"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Fault("outside.unreadable", host=host) from None


def _text(value: Any) -> str:
    """Raises TypeError where it is no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(speech: Speech, usage: Any) -> None:
    if not isinstance(usage, dict):
        return
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    read, wrote = (n if type(n) is int and 0 <= n < _MOST_TOKENS else None for n in counts)
    speech.prompt_tokens, speech.tokens = read, wrote
