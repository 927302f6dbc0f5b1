"""Whether an answer says what its passage says, by overlap; nothing of it needs a model.

Counted are content words (without "the", "of" ...; in small letters, their first letters where they are long), of Chinese and
Japanese pairs of characters, and numbers, which must stand in the passage one by one.
"""

from __future__ import annotations

import re
from functools import cache

from engine.data.made.asking import phrases
from engine.data.rows.wording import CJK, WORD

_STEM = 5  # letters that tell a word: "opened", "opening" and "opens" are one
_CJK_RUN = re.compile(rf"(?:{CJK.pattern})+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_FEW = 2  # an answer of fewer content words is looked at together with its question


@cache
def _common() -> frozenset[str]:
    return frozenset(str(phrases()["common"]).split())


def content_of_text(text: str) -> set[str]:
    """What a text says, as words to be compared."""
    found = {word[:_STEM] for word in WORD.findall(text.casefold()) if _counts(word)}
    for run in _CJK_RUN.findall(text):
        found |= {run[at : at + 2] for at in range(len(run) - 1)} or {run}
    return found


def _counts(word: str) -> bool:
    return len(word) > 1 and not CJK.match(word) and not word.isdecimal() and word not in _common()


def numbers_of(text: str) -> set[str]:
    """The numbers in a text, without what only groups their digits."""
    return {re.sub(r"[,.](?=\d{3}(?:\D|$))", "", one).rstrip(".,:") for one in _NUMBER.findall(text)}


def share_grounded(said: str, passage: str, asked: str = "") -> float:
    """The share of what is said that stands in the passage, 0 to 1; 0 where a number does not.

    Args:
        asked: the question: an answer of a word or two is judged together with it.
    """
    if not numbers_of(said) <= numbers_of(passage):
        return 0.0
    words = content_of_text(said)
    if len(words) < _FEW:
        words |= content_of_text(asked)
    if not words:
        return 1.0 if numbers_of(said) else 0.0
    return len(words & content_of_text(passage)) / len(words)
