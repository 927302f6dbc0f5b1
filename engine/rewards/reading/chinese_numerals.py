"""Numerals of Chinese in words: what is said with units, digit by digit, with a point, and in hundredths."""

from __future__ import annotations

import re
from fractions import Fraction

_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1_000, "拾": 10, "佰": 100, "仟": 1_000}
_GROUPS = {"万": 10**4, "亿": 10**8}
LARGE = _GROUPS
_ALL = "".join((*_DIGITS, *_UNITS, *_GROUPS))
NUMERAL = re.compile(rf"(?:百分之)?负?[{_ALL}]{{1,40}}(?:点[{''.join(_DIGITS)}]{{1,40}})?")
_HUNDREDTHS = re.compile("[百]分之")


def numeral(text: str) -> tuple[Fraction, bool] | None:
    """What a text of `NUMERAL` says, and whether it says hundredths; None where it is no number, as 千万 or 一百百."""
    percent = _HUNDREDTHS.match(text) is not None
    rest = text[3:] if percent else text
    negative = rest.startswith("负")
    whole, _point, parts = rest.removeprefix("负").partition("点")
    value = _whole(whole)
    if value is None:
        return None
    exact = Fraction(value)
    if parts:
        exact += Fraction(int("".join(str(_DIGITS[one]) for one in parts)), 10 ** len(parts))
    return -exact if negative else exact, percent


def _whole(text: str) -> int | None:
    if all(one in _DIGITS for one in text):
        return int("".join(str(_DIGITS[one]) for one in text))
    for sign, size in sorted(_GROUPS.items(), key=lambda one: -one[1]):
        before, found, behind = text.rpartition(sign)
        if found:
            many, rest = _whole(before) if before else None, _whole(behind) if behind else 0
            return None if many is None or rest is None or rest >= size else many * size + _short(behind, rest, size)
    return _thousands(text)


def _short(behind: str, rest: int, size: int) -> int:
    """In 三万五 the last digit stands for the next lower unit, in 三万零五 for itself."""
    return rest * (size // 10) if len(behind) == 1 and behind in _DIGITS and rest else rest


def _thousands(text: str) -> int | None:
    total, digit, last = 0, None, 10_000
    for place, sign in enumerate(text):
        if sign in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[sign]
            continue
        unit = _UNITS[sign]
        if unit >= last or (digit is None and not (unit == 10 and place == 0)):
            return None
        total, digit, last = total + (1 if digit is None else digit) * unit, None, unit
    if digit is None:
        return total
    short = last < 10_000 and last > 10 and text[-2] in _UNITS
    return total + digit * (last // 10 if short else 1)
