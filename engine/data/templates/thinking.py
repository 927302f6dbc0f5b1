"""Reasoning before an answer: what of it a chat template leaves out, and how an answer goes on where chat opens a thought itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import Fault
from engine.data.templates.masking import counts_nothing
from engine.data.templates.renderer import Renderer, Tools
from engine.data.thoughts.marks import MARKS, Marks, thinking_of

_NO_THOUGHT = "\n{end}\n\n"  # how models that reason write that they did not


def lost_thoughts(messages: Sequence[Mapping[str, Any]], text: str) -> int:
    """How many answers that are learnt reason first in words that are not in `text`, the row as it is read."""
    learnt = (one for one in messages if one["role"] == "assistant" and not counts_nothing(one))
    said = map(thinking_of, learnt)
    return sum(bool(thought) and thought not in text for thought in said)


def opened_thought(template: Renderer) -> Marks | None:
    """The marks of a thought that the template opens for the model where it is to answer; None where it opens none."""
    try:
        asked = template.render([{"role": "user", "content": "Why?"}], add_generation_prompt=True).rstrip()
    except Fault:
        return None
    return next((marks for marks in MARKS if asked.endswith(marks[0])), None)


def as_chat_asks(
    template: Renderer, marks: Marks, messages: Sequence[Mapping[str, Any]], text: str, tools: Tools | None
) -> str:
    """`text`, the render of a row, with its last answer behind what chat sends, where that ends with an opened thought.

    Templates such as those of R1 open the thought for the model, yet write conversations without thoughts. Chat would
    then begin an answer otherwise than it was learnt: what is learnt is therefore the thought of the row, or an empty one,
    and the answer.
    """
    last = messages[-1] if messages else {}
    if last.get("role") != "assistant" or last.get("tool_calls") or not last.get("content"):
        return text
    try:
        asked = template.render(messages[:-1], add_generation_prompt=True, tools=tools)
    except Fault:
        return text
    if not asked.rstrip().endswith(marks[0]) or text.startswith(asked):
        return text
    content, words = str(last["content"]), str(last["content"]).rpartition(marks[1])[2].strip()
    head, found, tail = text.rpartition(words)
    return asked + _goes_on(content, asked, marks) + tail if found and asked.startswith(head.rstrip()) else text


def behind_empty_thought(
    template: Renderer, empty: str, messages: Sequence[Mapping[str, Any]], text: str, tools: Tools | None
) -> str:
    """`text`, the render of a row, with its last answer behind the empty thought that chat sends."""
    last = messages[-1] if messages else {}
    if last.get("role") != "assistant" or last.get("tool_calls") or not last.get("content"):
        return text
    try:
        asked = template.render(messages[:-1], add_generation_prompt=True, tools=tools)
    except Fault:
        return text
    if text.startswith(asked):
        return text
    said = str(last["content"]).rstrip()
    head, found, tail = text.rpartition(said.lstrip())
    before = asked.removesuffix(empty)
    return asked + said + tail if found and (head.startswith(before) or asked.startswith(head.rstrip())) else text


def _goes_on(content: str, asked: str, marks: Marks) -> str:
    """An answer's words behind a thought that is open already."""
    begin, end = marks
    if end not in content:
        return _NO_THOUGHT.format(end=end) + content
    before, _mark, rest = content.partition(begin) if begin in content else ("", "", content)
    return before.strip() + (rest.removeprefix("\n") if asked.endswith("\n") else rest)
