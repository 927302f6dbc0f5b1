"""Which part of a rendered conversation is the assistant's answer, for templates without generation tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import Fault

if TYPE_CHECKING:
    from engine.data.template import ChatTemplate

IGNORED = -100
_MARK = "\u0001"  # in no real text: shows where a template puts the content
Span = tuple[int, int]


def answer_spans(template: ChatTemplate, messages: Sequence[Mapping[str, Any]], text: str) -> tuple[list[Span], int]:
    """Where the answers (with their end token) lie in `text`, the render of `messages`.

    Returns:
        spans of characters, and the number of answers that could not be placed because the template rewrites them
        when the conversation goes on; those are not trained, rather than trained wrongly.
    """
    turns = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    found = [_span(template, messages, i, text) for i in turns]
    spans = [span for span in found if span is not None]
    return spans, len(found) - len(spans)


def _span(template: ChatTemplate, messages: Sequence[Mapping[str, Any]], turn: int, text: str) -> Span | None:
    through = text if turn == len(messages) - 1 else _try(template, messages[: turn + 1])
    if through is None or not text.startswith(through):
        return None
    start = _start(template, messages, turn, through)
    return None if start is None else (start, _end(through, start, template.end_marks))


def _try(template: ChatTemplate, messages: Sequence[Mapping[str, Any]], *, ask: bool = False) -> str | None:
    try:
        return template.render(messages, add_generation_prompt=ask)
    except Fault:
        return None


def _start(template: ChatTemplate, messages: Sequence[Mapping[str, Any]], turn: int, through: str) -> int | None:
    """Where the answer begins: after what chat would send, else where another content would change the text."""
    asked = _try(template, messages[:turn], ask=True) if turn else None
    if asked is not None and len(asked) < len(through) and through.startswith(asked):
        return len(asked)
    other = _try(template, [*messages[:turn], {**messages[turn], "content": _MARK}])
    start = -1 if other is None else other.rfind(_MARK)
    return start if start >= 0 and other is not None and through.startswith(other[:start]) else None


def _end(through: str, start: int, marks: tuple[str, ...]) -> int:
    """Behind the answer's end token: the line break that templates put after it is not learnt."""
    answer = through[start:].rstrip()
    return start + len(answer) if answer.endswith(marks) else len(through)


def labels_of(ids: Sequence[int], offsets: Sequence[Span], spans: Sequence[Span]) -> list[int]:
    """The ids whose characters lie within a span, `IGNORED` elsewhere."""
    labels = [IGNORED] * len(ids)
    waiting = iter(sorted(spans))
    span = next(waiting, None)
    for position, (begin, end) in enumerate(offsets):
        while span is not None and begin >= span[1]:
            span = next(waiting, None)
        if span is None:
            break
        if span[0] <= begin and end <= span[1]:
            labels[position] = ids[position]
    return labels
