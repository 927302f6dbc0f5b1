"""Openings that ask for the same thing with the same courtesy, in English and Chinese."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache

from engine.data.operations.shaping.phrasebook import phrases

_MARKS = ".?!\u3002\uff1f\uff01"
_INSIDE = re.compile(rf"[{_MARKS}\n]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class _Family:
    """Openings that can stand for each other.

    Attributes:
        stating: those of a statement or a command; `asking`: those of a question, which ends with a question mark.
        ends: the marks of a statement and of a question.
    """

    stating: tuple[str, ...]
    asking: tuple[str, ...]
    ends: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(sorted((*self.stating, *self.asking), key=len, reverse=True))


@cache
def _families() -> tuple[_Family, ...]:
    return tuple(
        _Family(tuple(one["stating"]), tuple(one["asking"]), tuple(one["ends"])) for one in phrases("openings")
    )


def _opening_of(text: str) -> tuple[_Family, str] | None:
    lowered = text.lstrip().lower()
    for family in _families():
        for opening in family.all:
            rest = lowered[len(opening) :]
            if lowered.startswith(opening.lower()) and rest.strip() and (_CHINESE.match(opening) or rest[0] == " "):
                return family, opening
    return None


def has_opening(text: str) -> bool:
    """Whether the text begins with an opening for which there are others."""
    return _opening_of(text) is not None


def another_opening(text: str, dice: random.Random) -> str | None:
    """The text with another opening; between command and question the mark at the end changes as well."""
    found = _opening_of(text)
    if found is None:
        return None
    family, opening = found
    body = text.lstrip()[len(opening) :]
    asks = opening in family.asking
    one_sentence = _INSIDE.search(body.rstrip()[:-1]) is None
    pool = (*family.stating, *family.asking) if one_sentence else family.asking if asks else family.stating
    others = [other for other in pool if other != opening]
    if not others:
        return None
    chosen = dice.choice(others)
    will_ask = chosen in family.asking
    if will_ask != asks:
        body = body.rstrip().rstrip(_MARKS) + family.ends[will_ask]
    return chosen + body
