"""What tokens were worth, with their own texts and bytes, as programs want to know it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.data.templates.isolated.isolated_template import IsolatedTemplate

_NEVER = -9999.0  # as good as impossible


class Spelt(NamedTuple):
    """One token that could stand at a place."""

    bytes: bytes  # that it stands for: perhaps a part of a character
    log_probability: float  # in nats
    hidden: bool = False  # a control token, which the answer's text leaves out

    @property
    def text(self) -> str:
        """Its characters; U+FFFD for parts of one."""
        return self.bytes.decode("utf-8", "replace")


class SpeltToken(NamedTuple):
    """A token of a text and what the model thought of its place.

    Attributes:
        token: that stands there.
        likeliest: that could stand there, the likeliest first, as many as were asked for.
        told: whether the model was asked at all; before the first token of a text there is nothing to ask about.
    """

    token: Spelt
    likeliest: tuple[Spelt, ...]
    told: bool = True


class Speller:
    """Spells tokens of one model; each is looked up once."""

    def __init__(self, template: IsolatedTemplate, most: int) -> None:
        self._template, self._most = template, most
        self._known: dict[int, tuple[bytes, bool]] = {}

    def spell(self, worths: Sequence[Sequence[Any]]) -> list[SpeltToken]:
        """Of each `TokenWorth`, as it comes over the wire."""
        self._learn([*(int(one[0]) for one in worths), *(int(other[0]) for one in worths for other in one[2])])
        return [self._spelt(int(token), float(own), others) for token, own, others, _entropy in worths]

    def first(self, token: int) -> SpeltToken:
        """The first token of a text, of which nothing is known."""
        self._learn([token])
        return SpeltToken(self._one(token, 0.0), (), told=False)

    def _spelt(self, token: int, own: float, others: Sequence[Sequence[Any]]) -> SpeltToken:
        chosen = self._one(token, max(own, _NEVER))
        found = [self._one(int(number), _log(float(share))) for number, share in others]
        ordered = sorted([chosen, *found], key=lambda one: -one.log_probability)
        return SpeltToken(chosen, tuple(ordered[: self._most]))

    def _one(self, token: int, log_probability: float) -> Spelt:
        spelt, hidden = self._known[token]
        return Spelt(spelt, log_probability, hidden)

    def _learn(self, tokens: Sequence[int]) -> None:
        unknown = [token for token in dict.fromkeys(tokens) if token not in self._known]
        if unknown:
            self._known |= zip(unknown, self._template.spelled(unknown), strict=True)


def _log(share: float) -> float:
    return math.log(share) if share > 0 else _NEVER
