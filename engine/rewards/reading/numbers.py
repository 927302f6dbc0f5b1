"""Numbers in answers, as exact fractions: 1,234.5, 3/4, 50 %, 1.2e3, numerals of Chinese, and where answers put their result."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from engine.rewards.reading.chinese_numerals import LARGE, NUMERAL, numeral

_MOST_DIGITS = 60
_MOST_POWER = 300
_NUMBER = re.compile(
    r"(?<!\d)(?<!\d\.)((?:(?<![\w)])[-+])?(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?(?:[eE][-+]?\d{1,3}(?!\d))?)"
    r"(?:[ \t]?/[ \t]?(\d{1,60})(?![\d.,/]))?"
    r"([万亿]{0,2})"
    r"([ \t]?\\?%)?"
)
_LATEX_FRACTION = re.compile(r"\\[dt]?frac\{\s{0,9}([-+]?\d{1,60})\s{0,9}\}\{\s{0,9}(\d{1,60})\s{0,9}\}")
_HASHES = re.compile(r"####[ \t]{0,9}([^\n]{1,200})")
_BOX = "\\boxed{"
_SIGNS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "⁄": "/", "∕": "/"})
_SHORT = 4  # characters of a text that is a numeral and perhaps what is counted
_TAIL = 4_000  # characters from the end in which an unmarked result is looked for


@dataclass(frozen=True)
class SaidNumber:
    """A number as it was said.

    Attributes:
        value: exactly.
        percent: it was said in hundredths.
    """

    value: Fraction
    percent: bool = False

    def equals(self, other: SaidNumber, tolerance: float) -> bool:
        """Whether both say the same; where one alone says percent, 50 % is both 50 and 0.5."""
        pairs = [(self.value, other.value)]
        if self.percent and not other.percent:
            pairs.append((self.value / 100, other.value))
        if other.percent and not self.percent:
            pairs.append((self.value, other.value / 100))
        return any(abs(one - two) <= Fraction(tolerance) * max(abs(one), abs(two)) for one, two in pairs)


def result_of(text: str) -> str:
    """What an answer marks as its result: in the last \\boxed{}, behind the last ####; the text itself where it marks nothing."""
    boxed = _last_box(text)
    if boxed is not None:
        return boxed
    marked = deque(_HASHES.finditer(text), maxlen=1)
    return marked[0][1].strip() if marked else text


def _last_box(text: str) -> str | None:
    begin = text.rfind(_BOX)
    if begin < 0:
        return None
    depth, start = 1, begin + len(_BOX)
    for place in range(start, min(len(text), start + 500)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[start:place].strip()
    return None


def last_number(text: str) -> SaidNumber | None:
    """The last number of a text, or of its last 4,000 characters; None without any."""
    last = deque(numbers_in(text[-_TAIL:]), maxlen=1)
    return last[0] if last else None


def only_number(text: str) -> SaidNumber | None:
    """The number that a short text is, perhaps with a currency or a unit; None where it holds none or several."""
    found = list(numbers_in(text[:_TAIL]))
    return found[0] if len(found) == 1 else None


def numbers_in(text: str) -> Iterator[SaidNumber]:
    """Every number of a text, in order. Numerals in words count where no digits stand: of several signs, or as all that is said."""
    plain = _LATEX_FRACTION.sub(r" \1/\2 ", unicodedata.normalize("NFKC", text).translate(_SIGNS))
    if any(letter.isdecimal() for letter in plain):
        yield from (number for match in _NUMBER.finditer(plain) if (number := _digits(match)) is not None)
        return
    short = len(plain.strip()) <= _SHORT
    for match in NUMERAL.finditer(plain):
        if (len(match[0]) > 1 or short) and (said := numeral(match[0])) is not None:
            yield SaidNumber(*said)


def _digits(match: re.Match[str]) -> SaidNumber | None:
    """The number with what stands behind it: a denominator, ten thousands, a percent sign."""
    mantissa, _e, power = match[1].replace(",", "").lower().partition("e")
    if len(mantissa) > _MOST_DIGITS or abs(int(power or 0)) > _MOST_POWER:
        return None
    value = Fraction(mantissa) * Fraction(10) ** int(power or 0)
    if match[2] and int(match[2]):
        value /= int(match[2])
    for sign in match[3]:
        value *= LARGE[sign]
    return SaidNumber(value, match[4] is not None)
