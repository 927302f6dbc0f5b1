"""What a made row must be before a person is asked about it. Each reason is counted by its key: `making.left.<reason>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from engine.data.made.answers import Pair
from engine.data.made.asking import phrases
from engine.data.made.grounding import share_grounded
from engine.data.made.kinds import MadeKind
from engine.data.passages.splitting import Passage
from engine.data.rows.language import language_of
from engine.data.rows.wording import plain, words

_FEWEST_ASKED, _MOST_ASKED = 3, 80  # words of a question; of Chinese and Japanese characters
_COPIED = 0.8  # share of a question that stands in the passage as one piece
_LEAST_COPIED = 6  # words that such a piece has
_LONGER = 0.8  # a summary is at most so long, of its passage
_CLOSE = frozenset(("en", "latin"))  # short texts of one are taken for the other
_TELLS = 60  # characters that tell them apart
_SCRIPTS = frozenset(("zh", "ja", "ko", "cyrillic", "arabic"))
_CJK_SCRIPTS = frozenset(("zh", "ja"))


@cache
def _refers() -> re.Pattern[str]:
    """Matches a question that cannot be understood without the passage: "according to the text"."""
    return re.compile("|".join(phrases()["refers"]), re.IGNORECASE)


@dataclass(frozen=True)
class Judged:
    """What the checks say of one pair.

    Attributes:
        reason: why it is left out: "length", "language", "copied", "echo", "refers" or "ungrounded"; "" where it may stay.
        share: how much of the answer stands in the passage; None where the two are in different languages.
    """

    reason: str
    share: float | None


def judged(kind: MadeKind, pair: Pair, passage: Passage, language: str, *, with_passage: bool = False) -> Judged:
    """Look at one pair; `language` is the one that was asked for, and `with_passage` says that the row shows the passage."""
    asked, said = pair
    if not _fits(kind, pair, passage):
        return Judged("length", None)
    if not _speaks(f"{asked} {said}" if kind.asks else said, language):
        return Judged("language", None)
    if kind.asks and (plain(asked).strip("?") == plain(said).strip("?") or said.rstrip().endswith(("?", "\uff1f"))):
        return Judged("echo", None)
    if kind.asks and is_copied(asked, passage.read):
        return Judged("copied", None)
    if kind.asks and not with_passage and _refers().search(asked):
        return Judged("refers", None)
    if not comparable(language, passage.language):
        return Judged("", None)
    share = share_grounded(said, passage.read, asked)
    enough = share >= kind.grounded and (not kind.asks or share_grounded(_words_only(asked), passage.read) > 0)
    return Judged("" if enough else "ungrounded", share)


def _words_only(asked: str) -> str:
    return re.sub(r"\d+", " ", asked)


def _fits(kind: MadeKind, pair: Pair, passage: Passage) -> bool:
    asked, said = (len(words(one)) for one in pair)
    wide = 2 if language_of(pair[1]) in _CJK_SCRIPTS else 1  # a word is about two characters
    if kind.asks and not _FEWEST_ASKED <= asked <= _MOST_ASKED * wide:
        return False
    if not kind.fewest <= said <= kind.most * wide:
        return False
    return kind.asks or said <= _LONGER * len(words(passage.text))


def _speaks(text: str, language: str) -> bool:
    """Whether a text is in the language that was asked for, as far as short texts tell."""
    found = language_of(text)
    if found == language or "other" in (found, language):
        return True
    if found in _CLOSE and language in _CLOSE:
        return len(text) < _TELLS or language == "latin"
    return False


def comparable(language: str, other: str) -> bool:
    """Whether words of one language can be looked for in texts of the other: both in the same letters."""
    return language == other or not ({language, other} & _SCRIPTS or {language, other} == _CLOSE)


def is_copied(asked: str, passage: str) -> bool:
    """Whether a question is hardly more than a piece of the passage: a run of its words that stands there as it is."""
    mine, theirs = words(asked), " " + " ".join(words(passage)) + " "
    least = max(_LEAST_COPIED, round(_COPIED * len(mine)))
    return any(f" {' '.join(mine[at : at + least])} " in theirs for at in range(len(mine) - least + 1))
