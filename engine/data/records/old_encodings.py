"""Texts from before UTF-8: which encoding makes the letters and words of a language out of the bytes, and how sure that is.

`chardet` compares the pairs of letters with those of each language. What it cannot know is added here: a word is no mixture of
signs, small and capital letters, and of two readings that are as good the one is taken that more files have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

# What chardet calls it -> codecs that read it: the one that people name first, then those with more characters.
FAMILIES: dict[str, tuple[str, ...]] = {
    "cp1252": ("latin-1", "cp1252"),
    "cp1250": ("cp1250",),
    "cp1251": ("cp1251",),
    "gb18030": ("gb18030",),
    "big5hkscs": ("big5", "cp950", "big5hkscs"),
    "cp932": ("shift_jis", "cp932"),
    "cp949": ("euc_kr", "cp949"),
    "euc_jis_2004": ("euc_jp", "euc_jis_2004"),
    "cp1253": ("cp1253",),
    "cp1254": ("cp1254",),
    "cp1255": ("cp1255",),
    "cp1256": ("cp1256",),
    "cp874": ("cp874",),
    "cp866": ("cp866",),
    "koi8-r": ("koi8-r",),
    "koi8-u": ("koi8-u",),
    "iso8859-2": ("iso8859-2",),
    "iso8859-5": ("iso8859-5",),
    "iso8859-6": ("iso8859-6",),
    "iso8859-7": ("iso8859-7",),
    "mac-cyrillic": ("mac_cyrillic",),
    "mac-roman": ("mac_roman",),
    "cp850": ("cp850",),
    "cp852": ("cp852",),
}
_RARER = {
    "mac-roman": 0.85,
    "mac-cyrillic": 0.85,
    "cp850": 0.8,
    "cp852": 0.8,
    "iso8859-5": 0.9,
    "iso8859-6": 0.9,
    "iso8859-7": 0.9,
    "koi8-u": 0.9,
    "cp866": 0.95,
}  # against readings that are as good
_MOST = 8 * 1024  # bytes that are compared; more of the same text tell nothing new
_HALF_CHARACTER = re.compile(rb"[\x80-\xff][\x30-\xff]{0,3}\Z")
_NO_LETTERS = re.compile(r"[\x80-\x9f\ufffd]")
_WITHOUT = (
    "gb18030",
    "big5hkscs",
    "cp932",
    "cp949",
    "euc_jis_2004",
    "cp1255",
    "cp1256",
    "iso8859-6",
    "cp874",
)  # capitals
_LATIN = ("cp1252", "cp1250", "cp1254", "iso8859-2", "mac-roman", "cp850", "cp852")  # words hold ASCII letters too
_FEW, _MOSTLY = 3, 0.8  # letters, and the share of capitals among them, from which on a text is one in capitals
_MOST_SURE = 0.99
_LINE = 60  # characters of a line that is shown
_LETTER = r"[^\W\d_]"
_ODD = tuple(
    re.compile(pattern)
    for pattern in (
        # M§ller, but not l’eau
        rf"{_LETTER}[\xa0-\xb6\xb8-\xbf\xd7\xf7\u2013\u2020-\u2022\u2030-\u23ff\ue000-\uf8ff]+{_LETTER}",
        rf"{_LETTER}[\u2500-\u259f]|[\u2500-\u259f]{_LETTER}",  # lines of tables beside letters
        r"[a-zß-öø-ÿ][À-ÖØ-ÞŠŽŸŒ]|[а-яё][А-ЯЁ]",  # MŸller
        r"[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]",  # Mьller
        _NO_LETTERS.pattern,
    )
)
_ORDER = [name for names in FAMILIES.values() for name in names]


@dataclass(frozen=True, slots=True)
class Reading:
    """One encoding that the bytes may have.

    Attributes:
        name: of the codec.
        score: how well it fits, to be compared with other readings of the same bytes.
        text: what it makes of the bytes.
    """

    name: str
    score: float
    text: str

    @property
    def line(self) -> str:
        """A line that shows letters beyond ASCII as this encoding reads them; empty where there is none."""
        found = next((line for line in self.text.splitlines() if not line.isascii()), "")
        begin = max(0, next((at for at, letter in enumerate(found) if letter > "\x7f"), 0) - _LINE // 3)
        return found[begin : begin + _LINE].strip()


def readings(sample: bytes) -> list[Reading]:
    """The encodings that read the bytes as some language, the best first, each text once; where none does, Western at last."""
    import chardet

    if len(sample) > _MOST:
        sample = _HALF_CHARACTER.sub(b"", sample[:_MOST])
    found = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=FAMILIES, compat_names=False, max_bytes=_MOST
    )
    likeness = {str(one["encoding"]): float(one["confidence"]) for one in found}
    read = [
        _reading(family, max(likeness.get(family, 0.0), _in_capitals(family, sample)), sample) for family in FAMILIES
    ]
    read = [one for one in read if one.score]
    same: dict[str, list[Reading]] = {}
    for one in read:
        same.setdefault(one.text, []).append(one)
    if not read:
        return [_reading("cp1252", 0.0, sample)]
    told = [replace(min(group, key=_usual), score=max(one.score for one in group)) for group in same.values()]
    return sorted(told, key=lambda one: -one.score)


def certainty(found: list[Reading]) -> int:
    """How sure the best of the readings is, in percent. Never all: a few letters can be words of several languages."""
    best, *others = (one.score for one in found)
    letters = sum(letter > "\x7f" for letter in found[0].text)
    share = best / (best + max(others, default=0.0)) if best else 0.0
    return round(100 * min(share, _MOST_SURE, letters / (letters + 1)))


def _usual(one: Reading) -> int:
    return _ORDER.index(one.name)


def _in_capitals(family: str, sample: bytes) -> float:
    """How well the small letters fit where the bytes would be capitals alone, whose pairs `chardet` does not know."""
    import chardet

    text = _decoded(FAMILIES[family], sample)[1]
    letters = text if family in _LATIN else [letter for letter in text if letter > "\x7f"]
    if family in _WITHOUT or not _are_capitals(letters):
        return 0.0
    small = text.lower().encode(family, "ignore")
    found = chardet.detect_all(small, ignore_threshold=True, include_encodings={family, "cp1252"}, compat_names=False)
    return max((float(one["confidence"]) for one in found if one["encoding"] == family), default=0.0)


def _are_capitals(letters: Iterable[str]) -> bool:
    cased = [letter for letter in letters if letter.lower() != letter.upper()]
    return len(cased) >= _FEW and sum(letter.isupper() for letter in cased) >= _MOSTLY * len(cased)


def _reading(family: str, likeness: float, sample: bytes) -> Reading:
    name, text = _decoded(FAMILIES[family], sample)
    return Reading(name, likeness * _RARER.get(family, 1.0) * _whole_words(text), text)


def _decoded(codecs: tuple[str, ...], sample: bytes) -> tuple[str, str]:
    """The first codec that reads everything, else the one with the fewest faults. Controls of Latin-1 are none of a text."""
    tried = [(name, sample.decode(name, "replace")) for name in codecs]
    return min(tried, key=lambda one: len(_NO_LETTERS.findall(one[1])))


def _whole_words(text: str) -> float:
    """1.0 where letters and signs stand as in texts, less the more of them stand within words where none belongs."""
    beyond = sum(letter > "\x7f" for letter in text)
    odd = sum(1 for pattern in _ODD for _ in pattern.finditer(text))
    return 1 / (1 + 10 * odd / max(1, beyond))
