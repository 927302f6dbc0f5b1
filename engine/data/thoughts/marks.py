"""Thinking that stands in the words of an answer, between marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.data.rows.row import THINKING

Marks = tuple[str, str]  # what begins a thought, and what ends it
USUAL: Marks = ("<think>", "</think>")
MARKS: tuple[Marks, ...] = (
    USUAL,
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|channel>thought", "<channel|>"),
)


class Parted(NamedTuple):
    """An answer in two.

    Attributes:
        thought: without its marks, and without white space around it.
        words: the answer itself, without line breaks before it.
    """

    thought: str
    words: str


def thought_of(answer: str) -> str:
    """What stands between the marks of reasoning at an answer's beginning; empty without any."""
    for begin, end in MARKS:
        before, closed, _rest = answer.partition(end)
        if closed:
            return before.rpartition(begin)[2].strip()
    return ""


def parted(answer: str) -> Parted | None:
    """An answer that begins with a thought (or goes on with one that chat opened for it); None for any other."""
    for begin, end in MARKS:
        before, closed, rest = answer.partition(end)
        alone = begin not in before and (
            before.endswith("\n") or rest.startswith("\n")
        )  # of a thought that chat opened
        if closed and (alone or before.lstrip().startswith(begin)):
            return Parted(before.rpartition(begin)[2].strip(), rest.lstrip("\r\n"))
    return None


def thinking_of(message: Mapping[str, Any]) -> str:
    """The thinking of a turn, wherever it stands; empty without any."""
    apart = str(message.get(THINKING) or "").strip()
    return apart or thought_of(str(message.get("content") or ""))
