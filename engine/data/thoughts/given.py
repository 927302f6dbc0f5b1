"""Where the thinking lies within the answers of a render: what is given and not learnt."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.thoughts.form import ThoughtForm

Span = tuple[int, int]


def given_spans(text: str, answers: Sequence[Span], form: ThoughtForm) -> list[Span]:
    """The thought at the beginning of each answer, with its marks and the white space behind it; also one that chat opened.

    Args:
        answers: where they lie in the text, from behind what chat sends.
    """
    found = (_given(text, begin, end, form) for begin, end in answers)
    return [span for span in found if span is not None]


def _given(text: str, begin: int, end: int, form: ThoughtForm) -> Span | None:
    said = text[begin:end]
    led, sent = said.lstrip(), text[:begin].rstrip()
    for opening, closing in form.pairs:
        at = said.find(closing)
        if at >= 0 and (led.startswith((opening, closing)) or sent.endswith(opening)):
            behind = at + len(closing)
            behind += len(said[behind:]) - len(said[behind:].lstrip())
            return begin, begin + behind
    return None


def empty_spans(answers: Sequence[Span], form: ThoughtForm) -> list[Span]:
    """The empty thought that chat sends, before each answer."""
    length = len(form.empty)
    return [(begin - length, begin) for begin, _end in answers if length and begin >= length]
