"""Texts made comparable: the words of a text, the runs of words in it, and what a row says without its system prompt."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

from engine.data.rows.row import Row, answer_of, conversation_of, slots_of, texts_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint32]

_SINGLE = (
    r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # written without spaces: a character counts as a word
)
WORD = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")
CJK = re.compile(rf"[{_SINGLE}]")
_MARKS = re.compile(r"(?<![.,!?;:…])[.,!?;:…]++(?=\s|$)|[\"'“”‘’«»，。！？；：、]")
_FENCE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_LINK = re.compile(r"\b(?:https?://|www\.)\S+")


def words(text: str) -> list[str]:
    """Words in small letters; of Chinese and Japanese each character."""
    return WORD.findall(text.casefold())


def plain(text: str) -> str:
    """The text for comparing: small letters, one space between words, no marks that end or quote; signs of calculation stay."""
    return " ".join(_MARKS.sub("", text.casefold()).split())


def mark(text: str) -> int:
    """64 bits that stand for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def without_code(text: str) -> str:
    """The text without code and links."""
    return _LINK.sub(" ", _FENCE.sub(" ", text))


def blanked_code(text: str) -> str:
    """The text with spaces in place of code: all else stays where it is."""
    return _FENCE.sub(lambda found: " " * len(found.group()), text)


def said(row: Row) -> str:
    """All that a row says, without system turns: they are often the same in every row."""
    if "text" in row:
        return str(row["text"])
    return "\n".join(str(message.get(key) or "") for message, key in slots_of(row) if message["role"] != "system")


def context_of(row: Row) -> str:
    """What stands before the last answer, with roles; empty for plain text."""
    turns: list[Any] = [*conversation_of(row)]
    while turns and turns[-1]["role"] != "assistant":
        turns.pop()
    return "\n".join(f"{turn['role']}: {plain(str(turn.get('content') or ''))}" for turn in turns[:-1])


def is_wanted(row: Row) -> bool:
    """Whether the row's answer is one to learn from (a KTO row may show what not to say)."""
    return row.get("label") is not False


def judged_answer(row: Row) -> str:
    """The answer whose quality counts; empty where the row shows a bad one on purpose."""
    return answer_of(row) if is_wanted(row) else ""


def answer_part(row: Row) -> int:
    """Which of `texts_of(row)` is the answer."""
    texts = texts_of(row)
    return len(texts) - 1 - texts[::-1].index(answer_of(row))


@lru_cache(maxsize=200_000)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def shingles(text: str) -> Hashes:
    """Hashes of the runs of words in a text, each once, sorted: of two words, or of three where most are single characters.

    A text that is shorter than a run has one hash, of all of it; an empty one none.
    """
    import numpy as np

    found = words(text)
    if not found:
        return np.zeros(0, dtype=np.uint32)
    single = not text.isascii() and len(CJK.findall(text)) * 2 > len(found)
    run = min(len(found), 3 if single else 2)
    hashes = np.fromiter(map(_hash, found), dtype=np.uint32, count=len(found))
    mixed = hashes[: len(hashes) - run + 1].copy()
    for place in range(1, run):
        mixed = mixed * np.uint32(0x01000193) ^ hashes[place : len(hashes) - run + 1 + place] * np.uint32(0x9E3779B1)
    return np.unique(mixed)


def jaccard(one: Hashes, other: Hashes) -> float:
    """Share of the runs in either text that are in both, 0 to 1."""
    import numpy as np

    if not len(one) or not len(other):
        return float(len(one) == len(other))
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)
