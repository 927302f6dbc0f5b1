"""What a job wants of the thinking in its rows, and a conversation as a chat template is to get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.data.rows.row import THINKING
from engine.data.thoughts.form import BLOCKS, ThoughtForm, blocks
from engine.data.thoughts.marks import parted

LEARN, ANSWER, STRIP, EMPTY = "learn", "answer", "strip", "empty"
AS_BEFORE = "as_before"  # of jobs that began before this could be chosen: as LEARN, with the words of answers untouched
Message = Mapping[str, Any]


def settled(messages: Sequence[Message], wish: str, form: ThoughtForm) -> list[Message]:
    """The messages with the thinking that is wanted alone: of their own member where the template does not find it in the words."""
    return [_settled(one, wish, form) if one.get("role") == "assistant" else one for one in messages]


def _settled(message: Message, wish: str, form: ThoughtForm) -> Message:
    content, apart = message.get("content"), str(message.get(THINKING) or "").strip()
    if not apart and THINKING in message:
        message = _without(message, content)
    moved = bool(form.way) and not form.splits and wish != AS_BEFORE
    if not (apart or moved or wish in (STRIP, EMPTY)):
        return message
    found = parted(content) if isinstance(content, str) else None
    if found and not found.words.strip() and not message.get("tool_calls"):
        found = None  # a thought without an answer
    if wish in (STRIP, EMPTY):
        return _without(message, found.words if found else content) if found or apart else message
    if apart:
        return {**message, "content": found.words} if found else message
    return {**message, "content": found.words, THINKING: found.thought} if found and found.thought else message


def _without(message: Message, content: Any) -> Message:
    return {**{key: value for key, value in message.items() if key != THINKING}, "content": content}


def dressed(messages: Sequence[Message], form: ThoughtForm) -> list[Message]:
    """Settled messages as the template reads them."""
    return [_dressed(one, form) if THINKING in one else one for one in messages]


def _dressed(message: Message, form: ThoughtForm) -> Message:
    thought, words = str(message[THINKING]).strip("\r\n"), str(message.get("content") or "")
    bare = {key: value for key, value in message.items() if key != THINKING}
    if form.way == BLOCKS:
        return {**bare, "content": blocks(thought, words)}
    if form.way:
        return {**bare, "content": words, form.way: thought}
    return {**bare, "content": form.written(thought, words)}
