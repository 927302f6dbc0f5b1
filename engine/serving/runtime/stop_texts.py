"""Texts that end an answer: looked for after every token, and never told, not even in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import Shaping


def text_of(template: ChatTemplate, shaping: Shaping) -> Callable[[Sequence[int]], str]:
    """What makes an answer's text of its tokens."""
    return template.text_behind if shaping.plain else template.answer_text


class StopTexts:
    """Of one answer.

    Args:
        template: of its model.
        shaping: with the texts, any of which ends it; none is empty.
    """

    def __init__(self, template: ChatTemplate, shaping: Shaping) -> None:
        self._text_of, self._texts = text_of(template, shaping), shaping.stop
        self._cut: int | None = None  # characters before the text that ended it
        self._lengths: list[int] = []  # characters of the answer after each token
        self._sure = 0  # of them, those that were sure to be told after the last token

    def met(self, tokens: Sequence[int]) -> bool:
        """Whether the answer ends with the token that was just added."""
        text = self._text_of(tokens)
        self._cut = min((place for one in self._texts if (place := text.find(one)) >= 0), default=None)
        self._lengths.append(len(text))
        self._sure = len(self.sure(text, over=False))
        return self._cut is not None

    def sure(self, text: str, *, over: bool) -> str:
        """What may be told of the answer so far: what could be the beginning of a text that ends it waits, until it is over."""
        if self._cut is not None:
            return text[: self._cut]
        return text if over else text[: len(text) - max(_begun(one, text) for one in self._texts)]

    def said(self, *, over: bool) -> int:
        """How many tokens what may be told is made of."""
        if over and self._cut is None:
            return len(self._lengths)
        if not self._sure:
            return 0
        return next(place + 1 for place, length in enumerate(self._lengths) if length >= self._sure)


def _begun(stop: str, text: str) -> int:
    """The longest end of `text`, in characters, that `stop` begins with."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)
