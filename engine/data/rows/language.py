"""Which language a text is in, as far as its characters (and a few English words) tell. No more is claimed."""

from __future__ import annotations

import re

SAMPLE = 400  # characters that tell as much as any more would
_WORDS_IN = 200  # characters whose words tell English from other languages
ENOUGH = 120  # characters that tell it without any other text
_BY_HIGH_BYTE = {  # of UTF-16: blocks of 256 characters tell a script as well as exact ranges do
    "zh": (*range(0x34, 0xA0), 0xF9, 0xFA),
    "ja": (0x30,),  # with the punctuation of Chinese: looked at more closely where it matters
    "ko": (0x11, *range(0xAC, 0xD8)),
    "cyrillic": (0x04,),
    "arabic": (0x06,),
    "latin": (0x01, 0x02),
}
_KANA = re.compile("[\u3040-\u30ff]")
_WORD = re.compile(r"[^\W\d_]+")
_NO_LETTERS = bytes(byte for byte in range(256) if not (chr(byte).isalpha() and byte not in b"\xaa\xb5\xba"))
CLEAR = ("zh", "ja", "ko", "en")  # scripts alone do not name a language
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the a an and or of to in is are was be it that this for with on as at by from you your we i what how why do "
        "does not can will have has if which who when where there my me all one no yes",
    )
)


def _places() -> bytes:
    """For each high byte the place of its script in _BY_HIGH_BYTE, from 1; 0 for none."""
    table = bytearray(256)
    for place, high_bytes in enumerate(_BY_HIGH_BYTE.values(), 1):
        for byte in high_bytes:
            table[byte] = place
    return bytes(table)


_PLACES = _places()


def language_of(text: str) -> str:
    """Either "zh", "ja", "ko", "en", "latin" (Latin letters, not clearly English), "cyrillic", "arabic" or "other"."""
    sample = text[:SAMPLE]
    if sample.isascii():
        lower = sample.lower()
        return _latin(lower) if lower != sample.upper() else "other"
    found = sample.encode("utf-16-be", "surrogatepass")[::2].translate(_PLACES)
    zh, ja, ko = 3 * found.count(1), 3 * found.count(2), 3 * found.count(3)  # each says about as much as three letters
    latin = found.count(6) + len(sample.encode("latin-1", "ignore").translate(None, _NO_LETTERS))
    if ja * 10 > zh:
        ja = 3 * len(_KANA.findall(sample))
        ja += zh if ja * 10 > zh else 0  # Japanese mixes its own letters with Chinese characters
    most, best = max(
        (zh, "zh"), (ja, "ja"), (ko, "ko"), (latin, "latin"), (found.count(4), "cyrillic"), (found.count(5), "arabic")
    )
    if not most:
        return "other"
    return _latin(sample.lower()) if best == "latin" else best


def _latin(lower: str) -> str:
    words = set(lower[:_WORDS_IN].split())
    if not _has_english(words):
        words = set(_WORD.findall(lower[:_WORDS_IN]))  # without the signs that stand next to them
    return "en" if _has_english(words) else "latin"


def _has_english(words: set[str]) -> bool:
    return len(_ENGLISH & words) * 12 >= len(words)
