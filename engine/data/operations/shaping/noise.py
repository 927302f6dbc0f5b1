"""Slips of the hand as people make them: typos, swapped letters, lost marks, small letters, look-alike words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.data.operations.shaping.phrasebook import phrases

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {
    letter: "".join(
        row[place + step]
        for row in _ROWS
        if (place := row.find(letter)) >= 0
        for step in (-1, 1)
        if 0 <= place + step < len(row)
    )
    for letter in "".join(_ROWS)
}
_WORD = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]{2,}")
_MARKS = re.compile(r"[,.;:!?'\"\uff0c\u3002\uff1b\uff1a\uff1f\uff01\u3001\u201c\u201d\u2018\u2019]")
_KEPT = (re.compile(r"https?://\S+"), re.compile(r"`[^`]*`"), re.compile(r"\b[^\W\d]*+\d\w*"))  # links, code, digits
_RUN = re.compile(r"\S+")


def noisy(text: str, kinds: list[str], strength: float, dice: random.Random) -> str | None:
    """The text with slips of these kinds; every word (mark) is hit with probability `strength`, at least one is.

    Numbers, addresses and code are never touched: a slip in them would ask for something else.
    """
    slips = _slips(text, kinds)
    if not slips:
        return None
    hit = [slip for slip in slips if dice.random() < strength] or [dice.choice(slips)]
    letters = list(text)
    for place, kind in sorted(hit, reverse=True):
        _MAKERS[kind](letters, place, dice)
    return "".join(letters)


def can_slip(text: str, kinds: Sequence[str]) -> bool:
    """Whether there is a place for a slip of one of these kinds."""
    return bool(_slips(text, kinds))


def _slips(text: str, kinds: Sequence[str]) -> list[tuple[int, str]]:
    """Every place of a slip, with its kind."""
    kept = bytearray(len(text))
    for start, end in _kept(text):
        kept[start:end] = b"\1" * (end - start)
    return [(place, kind) for kind in kinds for place in _PLACES[kind](text) if not kept[place]]


def _kept(text: str) -> Iterator[tuple[int, int]]:
    """What stays as it is: addresses, code and anything with digits."""
    for pattern in _KEPT:
        yield from (found.span() for found in pattern.finditer(text))
    if "@" in text:
        yield from (run.span() for run in _RUN.finditer(text) if "@" in run.group()[1:-1])


def _inner(text: str) -> list[int]:
    """In each word a place that is neither its first nor its last letter, so that people still read it."""
    return [found.start() + (found.end() - found.start()) // 2 for found in _WORD.finditer(text)]


def _swappable(text: str) -> list[int]:
    return [place for place in _inner(text) if place + 1 < len(text) and text[place] != text[place + 1] and text[place + 1].isalpha()]  # fmt: skip


def _capitals(text: str) -> list[int]:
    return [0] if text != text.lower() else []


_PLACES: Mapping[str, Callable[[str], list[int]]] = {
    "typo": lambda text: [place for place in _inner(text) if text[place].lower() in _NEAR],
    "swap": _swappable,
    "marks": lambda text: [found.start() for found in _MARKS.finditer(text)],
    "lower": _capitals,
    "sound": lambda text: [place for place, letter in enumerate(text) if letter in phrases("sound_alike")],
}


def _typo(letters: list[str], place: int, dice: random.Random) -> None:
    near = dice.choice(_NEAR.get(letters[place].lower()) or letters[place])
    letters[place] = near.upper() if letters[place].isupper() else near


def _swap(letters: list[str], place: int, _dice: random.Random) -> None:
    if len(letters[place]) == len(letters[place + 1]) == 1:
        letters[place], letters[place + 1] = letters[place + 1], letters[place]


def _lose(letters: list[str], place: int, _dice: random.Random) -> None:
    letters[place] = ""


def _lower(letters: list[str], _place: int, _dice: random.Random) -> None:
    letters[:] = [letter.lower() for letter in letters]


def _sound(letters: list[str], place: int, _dice: random.Random) -> None:
    letters[place] = phrases("sound_alike").get(letters[place], letters[place])


_MAKERS: Mapping[str, Callable[[list[str], int, random.Random], None]] = {
    "typo": _typo,
    "swap": _swap,
    "marks": _lose,
    "lower": _lower,
    "sound": _sound,
}
