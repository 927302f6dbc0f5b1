"""Which part of a rendered conversation is the assistant's answer, for templates without generation tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import Fault
from engine.data.rows.row import THINKING
from engine.data.templates.renderer import Messages, Renderer, Tools

IGNORED = -100
_MOST_RENDERED = 100_000  # messages that are rendered to find the answers of one conversation
_MARK = "\u0001"  # in no real text: shows where a template puts the content
Span = tuple[int, int]


def answer_spans(
    template: Renderer, messages: Messages, text: str, tools: Tools | None = None, *, bare: bool = False
) -> tuple[list[Span], list[int]]:
    """Where the answers (with their end token) lie in `text`, the render of `messages` and `tools`.

    Args:
        bare: an answer without an end token ends with its last word, not with the text that the template puts behind it.

    Returns:
        spans of characters, and of which turn each is (counted from 0). Answers that could not be placed are missing, because
        the template rewrites them when the conversation goes on (or what comes before them), or because it is longer than some
        450 messages; those are not trained, rather than trained wrongly.
    """
    turns = [turn for turn, message in enumerate(messages) if message["role"] == "assistant"]
    found = {turn: _Turn(template, messages, turn, text, tools, bare).span() for turn in _looked_for(turns)}
    spans = {turn: span for turn, span in found.items() if span is not None}
    return list(spans.values()), list(spans)


def _looked_for(turns: Sequence[int]) -> Sequence[int]:
    """The first answers as far as they are found in bearable time, and the last one: each takes two renders of all before it."""
    left = _MOST_RENDERED
    for place, turn in enumerate(turns):
        left -= 2 * turn
        if left < 0:
            return [*turns[:place], turns[-1]]
    return turns


class _Turn:
    """One answer within a conversation."""

    def __init__(
        self, template: Renderer, messages: Messages, turn: int, text: str, tools: Tools | None, bare: bool
    ) -> None:
        self._template, self._messages, self._turn, self._text, self._tools = template, messages, turn, text, tools
        self._bare = bare
        self._message = messages[turn]

    def span(self) -> Span | None:
        """From behind what chat would send to behind the end token; None where it cannot be told."""
        before = self._asked()
        if self._message.get("tool_calls") and before is not None and self._text.startswith(before):
            return self._called(len(before))
        last = self._turn == len(self._messages) - 1
        if not last and self._template.opens_thought and before is not None and not self._text.startswith(before):
            return None  # chat never asks for an answer in this place
        through = self._text if last else self._render(self._messages[: self._turn + 1])
        if through is None:
            return None
        start = self._start(before, through)
        return None if start is None else self._said(start, through)

    def _render(self, messages: Messages, *, ask: bool = False) -> str | None:
        try:
            return self._template.render(messages, add_generation_prompt=ask, tools=self._tools)
        except Fault:
            return None

    def _asked(self) -> str | None:
        return self._render(self._messages[: self._turn], ask=True) if self._turn else None

    def _start(self, asked: str | None, through: str) -> int | None:
        """Where the answer begins: after what chat would send, else where another content would change the text."""
        if asked is not None and len(asked) < len(through) and through.startswith(asked):
            return len(asked)
        other = self._render([*self._messages[: self._turn], {**self._message, "content": _MARK}])
        start = -1 if other is None else other.rfind(_MARK)
        return start if start >= 0 and other is not None and through.startswith(other[:start]) else None

    def _said(self, start: int, through: str) -> Span | None:
        """An answer in words: it must stand in the whole text as it stands where the conversation ends with it."""
        content = str(self._message.get("content") or "").strip()
        place = self._text.find(content, self._behind_thought(start, through)) if content else -1
        behind = place + len(content)
        if place >= 0 and behind <= len(through) and self._text.startswith(through[:behind]):
            end = self._end(behind, through)
            return start, self._behind_white_space(behind) if self._bare and not self._closes(end) else end
        if not self._text.startswith(through):
            return None
        answer = through[start:].rstrip()
        if answer.endswith(self._template.end_marks):
            return start, start + len(answer)
        return start, self._behind_white_space(start + len(answer)) if self._bare else len(through)

    def _behind_thought(self, start: int, through: str) -> int:
        """Behind the thinking of the turn's own member, so that its words are not looked for within."""
        thought = str(self._message.get(THINKING) or "").strip()
        place = through.find(thought, start) if thought else -1
        if place < 0:
            return start
        behind, after = place + len(thought), self._template.thoughts.after
        return behind + len(after) if through.startswith(after, behind) else behind

    def _behind_white_space(self, behind: int) -> int:
        """Behind the white space with which an answer itself ends, where the template keeps it."""
        said = str(self._message.get("content") or "")
        white = said[len(said.rstrip()) :]
        return behind + len(white) if self._text.startswith(white, behind) else behind

    def _end(self, behind: int, through: str) -> int:
        """Behind the token that ends the answer's words: the line break that templates put after it is not trained on."""
        end = _behind_mark(self._text, behind, self._template.end_marks)
        if end is not None and self._text.startswith(through[:end]) and end <= len(through):
            return end
        if self._text.startswith(through):
            return len(through)
        attached = end is not None and any(self._text.startswith(m, behind) for m in self._template.end_marks)
        return end if end is not None and attached else behind

    def _called(self, start: int) -> Span | None:
        """An answer that calls tools: through the last call, up to the token that ends the whole turn."""
        place = start
        for call in self._message["tool_calls"]:
            name = str(call["function"]["name"])
            place = self._text.find(name, place)
            if place < 0:
                return None
            place += len(name)
        end, limit = _behind_mark(self._text, place, self._template.closing_marks), self._behind_call(place)
        if end is None:
            return start, len(self._text[: len(self._text) if limit is None else limit].rstrip())
        return start, end if limit is None or end <= limit else len(self._text[:limit].rstrip())

    def _behind_call(self, place: int) -> int | None:
        """Where the turn of a call is over at the latest; None where the template writes it otherwise later on."""
        through = self._render(self._messages[: self._turn + 1]) or ""
        pairs = zip(through, self._text, strict=False)
        same = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(through), len(self._text)))
        return same if same > place else None

    def _closes(self, end: int) -> bool:
        """Whether a token that ends a whole turn stands before `end`."""
        return self._text.endswith(self._template.closing_marks, 0, end)


def _behind_mark(text: str, place: int, marks: tuple[str, ...]) -> int | None:
    """Behind the first of the marks from `place` on, the longest of those that begin there; None without any."""
    found = [(at, -len(mark)) for mark in marks if (at := text.find(mark, place)) >= 0]
    if not found:
        return None
    at, length = min(found)
    return at - length


def forget(labels: list[int], offsets: Sequence[Span], spans: Sequence[Span]) -> None:
    """Take the labels of the tokens that lie within a span: they are read, and not learnt."""
    within = labels_of(range(len(labels)), offsets, spans) if spans else ()
    for place in within:
        if place != IGNORED:
            labels[place] = IGNORED


def counts_nothing(message: Mapping[str, Any]) -> bool:
    """Whether an answer stands in a conversation to be read alone."""
    return bool(message.get("weight", 1) == 0)


def has_weights(messages: Messages) -> bool:
    """Whether an answer of a conversation counts otherwise than once."""
    return any("weight" in message for message in messages)


def weights_of(messages: Messages, turns: Sequence[int]) -> list[float] | None:
    """How much each of the answers counts that are these turns of the conversation; None where each counts once."""
    return [float(messages[turn].get("weight", 1)) for turn in turns] if has_weights(messages) else None


def left_out_answers(messages: Messages, turns: Sequence[int]) -> int:
    """How many answers that are to be learnt are none of these turns."""
    wanted = (turn for turn, one in enumerate(messages) if one["role"] == "assistant" and not counts_nothing(one))
    return len({*wanted} - {*turns})


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
