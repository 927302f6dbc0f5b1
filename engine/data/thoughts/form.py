"""How a chat template takes the thinking of an answer, found by what it writes, whatever the model is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.rows.row import THINKING
from engine.data.thoughts.marks import MARKS, USUAL, Marks

Message = Mapping[str, Any]
Render = Callable[
    ..., str | None
]  # (messages, ask=False, **switches) -> the text; None where the template refuses them
BLOCKS = "blocks"
_MEMBERS = (THINKING, "thinking", "reasoning")
_THOUGHT, _WORDS = "tsmarkthought", "tsmarkwords"
_ASKED = {"role": "user", "content": "Why?"}
_CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "look", "arguments": {"key": "it"}}}
_SWITCH = "enable_thinking"  # what templates call the wish to answer without a thought


@dataclass(frozen=True)
class ThoughtForm:
    """How a template takes thinking.

    Attributes:
        way: the member of a message that it reads thinking from, `BLOCKS` (a part of the content), or "" where it stands in the words.
        marks: that stand around it in the words.
        splits: whether the template itself finds `<think>` in the words.
        known: whether it knows of thinking at all.
        before, after: what it writes around a thought.
        empty: what chat sends behind its prompt so that the answer begins without a thought; empty where nothing does that.
        closed: the thought that is over already with which its prompt ends; empty where it ends otherwise.
    """

    way: str = ""
    marks: Marks = USUAL
    splits: bool = False
    known: bool = False
    before: str = "<think>\n"
    after: str = "\n</think>\n\n"
    empty: str = ""
    closed: str = ""

    @property
    def pairs(self) -> tuple[Marks, ...]:
        """What may begin and end a thought in a render, the template's own first."""
        own = (self.before.strip(), self.after.strip())
        return (own, *(pair for pair in MARKS if pair != own)) if all(own) else MARKS

    def written(self, thought: str, words: str) -> str:
        """An answer with its thought in its words."""
        begin, end = self.marks
        return f"{begin}\n{thought}\n{end}\n\n{words}"


def thought_form(render: Render) -> ThoughtForm:
    """The form of a template.

    Args:
        render: the template, without any change to the messages.
    """
    asked = render([_ASKED], ask=True) or ""
    way, text = _way(render)
    opened = next((marks for marks in MARKS if asked.rstrip().endswith(marks[0])), None)
    closed = next((marks for marks in MARKS if asked.rstrip().endswith(marks[1])), None)
    splitting = [marks for marks in MARKS if _splits(render, marks)]
    switched, lead = _switched(render, asked), _plain_lead(render, asked)
    written = next((marks for marks in MARKS if marks[1] in lead), None)
    found = opened or closed or next(iter(splitting), None) or (switched[0] if switched else None) or written
    marks = found or USUAL
    if text is None and found is not None:
        text = _answer(render, ThoughtForm(marks=marks).written(_THOUGHT, _WORDS))
    before, after = _around(text, asked) or ("" if opened else f"{marks[0]}\n", f"\n{marks[1]}\n\n")
    known = bool(way or found)
    empty = "" if closed or not known else _empty(marks, opened is not None, switched, lead, before + after)
    over = asked[asked.rfind(closed[0]) :] if closed and closed[0] in asked else ""
    return ThoughtForm(way, marks, USUAL in splitting, known, before, after, empty, over)


def _way(render: Render) -> tuple[str, str | None]:
    """By which member, or in which part, a thought reaches the text; and that text."""
    for member in _MEMBERS:
        if _holds(text := _answer(render, _WORDS, **{member: _THOUGHT})):
            return member, text
    for member in _MEMBERS:  # some keep a thought before a call alone
        calling = render([_ASKED, {"role": "assistant", "content": "", "tool_calls": [_CALL], member: _THOUGHT}])
        if calling and _THOUGHT in calling:
            return member, None
    text = _answer(render, blocks(_THOUGHT, _WORDS))
    if _holds(text) and text is not None and "'thinking'" not in text and '"thinking"' not in text:
        return BLOCKS, text
    return "", None


def blocks(thought: str, words: str) -> list[dict[str, str]]:
    """A content in parts."""
    return [{"type": "thinking", "thinking": thought}, {"type": "text", "text": words}]


def _answer(render: Render, content: Any, **members: str) -> str | None:
    return render([_ASKED, {"role": "assistant", "content": content, **members}])


def _holds(text: str | None) -> bool:
    return text is not None and 0 <= text.find(_THOUGHT) < text.rfind(_WORDS)


def _splits(render: Render, marks: Marks) -> bool:
    """Whether a thought between such marks is found in the words: then they are written in another way, or not at all."""
    begin, end = marks
    said = f"{begin}{_THOUGHT}{end}{_WORDS}"
    text = _answer(render, said)
    return text is not None and said not in text and _WORDS in text


def _around(text: str | None, asked: str) -> tuple[str, str] | None:
    """What stands before and behind the thought in an answer, from behind what chat sends."""
    if text is None or not _holds(text):
        return None
    at = text.find(_THOUGHT)
    begin = len(asked) if asked and text.startswith(asked) and len(asked) <= at else at
    return text[begin:at], text[at + len(_THOUGHT) : text.rfind(_WORDS)]


def _switched(render: Render, asked: str) -> tuple[Marks, str] | None:
    """The marks and the text with which the template itself asks for an answer without a thought, where it has a switch for it."""
    off = render([_ASKED], ask=True, **{_SWITCH: False})
    if not off or off == asked:
        return None
    marks = next((marks for marks in MARKS if off.rstrip().endswith(marks[1])), None)
    if marks is None:
        return None
    talk = render([_ASKED]) or ""
    begun = asked[len(talk) :] if talk and asked.startswith(talk) else asked  # what begins an answer
    _before, found, behind = off.rpartition(begun)
    return (marks, behind) if begun and found and marks[1] in behind else None


def _plain_lead(render: Render, asked: str) -> str:
    """What the template writes before an answer without a thought, from behind what chat sends."""
    plain = _answer(render, _WORDS)
    return plain[len(asked) : plain.rfind(_WORDS)] if asked and plain and plain.startswith(asked) else ""


def _empty(marks: Marks, opened: bool, switched: tuple[Marks, str] | None, lead: str, around: str) -> str:
    if switched is not None:
        return switched[1]
    if opened:
        return f"\n{marks[1]}\n\n"
    return lead if marks[1] in lead else around


def templates_text(render: Callable[..., str], faults: type[Exception]) -> Render:
    """A render that gives None where the template refuses."""

    def text(messages: Sequence[Message], *, ask: bool = False, **switches: Any) -> str | None:
        try:
            return render(messages, ask=ask, **switches)
        except faults:
            return None

    return text
