"""Thinking that a model speaks between tokens which decoding leaves out: told by the tokens, shown between the usual marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.data.thoughts.form import ThoughtForm
from engine.data.thoughts.marks import USUAL


class Decoder(Protocol):
    """A tokenizer."""

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        """The text of tokens."""

    def whole_text(self, ids: Sequence[int]) -> str:
        """The text of tokens that may be cut off within a character."""

    def token_ids(self, text: str, *, special: bool = False) -> list[int]:
        """The tokens of a text."""


@dataclass(frozen=True)
class SpokenThought:
    """An answer so far.

    Attributes:
        thought: its thinking.
        words: the tokens behind it.
        closed: whether the thinking is over.
    """

    thought: str
    words: Sequence[int]
    closed: bool

    def shown(self, words: str) -> str:
        """As it is shown, kept and asked with again."""
        begin, end = USUAL
        if not self.closed:
            return begin + "\n" + self.thought.lstrip("\n")
        return f"{begin}\n{self.thought.strip()}\n{end}\n\n{words}" if self.thought.strip() else words


def unseen_marks(decoder: Decoder, form: ThoughtForm) -> tuple[list[int], list[int]] | None:
    """The tokens around a thought, where decoding leaves them out; None where everybody sees them, or there are none."""
    if not form.known:
        return None
    begin, end = (decoder.token_ids(text.strip()) for text in (form.before, form.after))
    return (begin, end) if end and decoder.decode(end).strip() != form.after.strip() else None


def spoken_thought(decoder: Decoder, marks: tuple[list[int], list[int]], ids: Sequence[int]) -> SpokenThought | None:
    """The thinking in an answer's tokens; None where there is none. Where chat opened the thought, no tokens begin it.

    Args:
        marks: as `unseen_marks` gives them.
    """
    begin, end = marks
    if begin and list(ids[: len(begin)]) != begin:
        return None
    start = len(begin)
    at = next((at for at in range(start, len(ids) - len(end) + 1) if list(ids[at : at + len(end)]) == end), None)
    if at is not None:
        return SpokenThought(decoder.whole_text(ids[start:at]), ids[at + len(end) :], closed=True)
    return SpokenThought(decoder.whole_text(ids[start:]), (), closed=False) if begin else None
