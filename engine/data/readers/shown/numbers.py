"""A number as a spreadsheet shows it: decimals, thousands, units, percentages, powers of ten, fractions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache, partial

from engine.data.readers.shown.codes import DIGITS, Section, Token, sections

_PRECISION = 15  # digits that a spreadsheet keeps of a number; further ones are rounding
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_USUAL = re.compile(r"(#,##)?0(?:\.(0+))?")
_Show = Callable[[float], str]
_GENERAL = ("General", "", "@")


def general(value: float) -> str:
    """A number without a format: a whole one has no point, and none is written with a power of ten."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return format(_exact(value), "f")


def shown_number(value: float, code: str) -> str:
    """A finite number under a format code; "" where the format shows nothing of it."""
    if code in _GENERAL:
        return general(value)
    return _shower(code)(value)


@lru_cache(maxsize=2_048)
def _shower(code: str) -> _Show:
    parts = sections(code)
    if not any(part.tokens for part in parts):
        return general  # `;;;` hides a cell: it is read as hidden rows are
    showers = {part: _plain(part.tokens) or partial(_in_section, section=part) for part in parts}
    if len(parts) == 1 and parts[0].test is None:
        return _signed(showers[parts[0]])

    def show(value: float) -> str:
        section, signed = _section(parts, value)
        text = showers[section](abs(value))
        return ("-" + text if signed and value < 0 else text).strip()

    return show


def _signed(shower: _Show) -> _Show:
    return lambda value: shower(value).strip() if value >= 0 else ("-" + shower(-value)).strip()


def _plain(tokens: tuple[Token, ...]) -> _Show | None:
    """A quick way for the usual forms, `0`, `0.00` and `#,##0.00` between texts; None for others."""
    marks = [place for place, token in enumerate(tokens) if token.kind != "text"]
    if not marks or "%" in (kinds := "".join(tokens[place].kind for place in marks)):
        return None
    if marks[-1] - marks[0] + 1 != len(marks) or not (found := _USUAL.fullmatch(kinds)):
        return None
    before = "".join(token.text for token in tokens[: marks[0]])
    behind = "".join(token.text for token in tokens[marks[-1] + 1 :])
    spec = ",f" if found[1] else "f"
    quantum = Decimal(1).scaleb(-len(found[2] or ""))
    return lambda value: before + format(_exact(value).quantize(quantum, context=_EXACT), spec) + behind


def _section(parts: tuple[Section, ...], value: float) -> tuple[Section, bool]:
    """The section that a value is shown by, and whether the sign is to be added."""
    if any(part.test for part in parts):
        place = next((at for at, part in enumerate(parts) if part.takes(value)), len(parts) - 1)
        test = parts[place].test
        return parts[place], not (test and test[0] in ("<", "<=") and test[1] <= 0)
    if len(parts) == 1:
        return parts[0], True
    if value < 0:
        return parts[1], False
    return parts[2 if len(parts) > 2 and value == 0 else 0], False


def _in_section(value: float, section: Section) -> str:
    if section.has("power"):
        return _power(value, section.tokens)
    if section.has("/") and section.has(*DIGITS):
        return _fraction(value, section.tokens)
    if section.has(*DIGITS):
        return _fixed(value, section.tokens)
    shown = (general(value) if token.kind in ("general", "@") else token.text for token in section.tokens)
    return "".join(shown)


def _exact(value: float) -> Decimal:
    return Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{_PRECISION}g}")


def _rounded(value: Decimal, decimals: int) -> tuple[str, str]:
    """Whole digits ("" for none) and so many decimals."""
    text = format(value.quantize(Decimal(1).scaleb(-decimals), context=_EXACT), "f")
    whole, _point, rest = text.partition(".")
    return whole.lstrip("0"), rest


def _fixed(value: float, tokens: tuple[Token, ...]) -> str:
    """Decimals, thousands, percentages: every mark gets its digit, and what stands between them stays."""
    point = next((at for at, token in enumerate(tokens) if token.kind == "."), len(tokens))
    last = max((at for at, token in enumerate(tokens[:point]) if token.kind in DIGITS), default=-1)
    first = next((at for at, token in enumerate(tokens[:point]) if token.kind in DIGITS), point)
    grouped = any(token.kind == "," for token in tokens[first:last])
    end = max((at for at, token in enumerate(tokens) if token.kind in DIGITS), default=-1)
    thousands = sum(token.kind == "," for token in (*tokens[last + 1 : point], *tokens[max(end, point) + 1 :]))
    hundreds = sum(token.kind == "%" for token in tokens)
    exact = _exact(value).scaleb(2 * hundreds - 3 * thousands, context=_EXACT)
    marks = [token.kind for token in tokens[point:] if token.kind in DIGITS]
    whole, rest = _rounded(exact, len(marks))
    digits = _whole_digits(whole, [token.kind for token in tokens[:point] if token.kind in DIGITS], grouped)
    decimals = _decimals(rest, marks)
    return "".join(_placed(tokens, point, digits, decimals, whole if last < 0 else ""))


def _placed(
    tokens: tuple[Token, ...], point: int, digits: list[str], decimals: list[str], unmarked: str
) -> Iterator[str]:
    before, behind = iter(digits), iter(decimals)
    for at, token in enumerate(tokens):
        if token.kind in DIGITS:
            yield next(before if at < point else behind, "")
        elif token.kind == "." and at == point:
            yield unmarked + "."
        elif token.kind != ",":
            yield token.text


def _whole_digits(whole: str, marks: list[str], grouped: bool) -> list[str]:
    """The text of each mark before the point; the first one takes all digits that are left."""
    found: list[str] = []
    for place, mark in enumerate(reversed(marks)):
        digit = whole[-1 - place] if place < len(whole) else {"0": "0", "?": " ", "#": ""}[mark]
        found.append(digit + ("," if grouped and place and place % 3 == 0 and digit.strip() else ""))
    for place in range(len(marks), len(whole)) if marks else ():
        comma = "," if grouped and place % 3 == 0 else ""
        found[-1] = whole[-1 - place] + comma + found[-1]
    return found[::-1]


def _decimals(rest: str, marks: list[str]) -> list[str]:
    """The text of each mark behind the point; zeros that close it are shown only where the mark asks for them."""
    found = list(rest)
    for place in range(len(marks) - 1, -1, -1):
        if found[place] != "0" or marks[place] == "0":
            break
        found[place] = " " if marks[place] == "?" else ""
    return found


def _power(value: float, tokens: tuple[Token, ...]) -> str:
    """`0.00E+00`: several marks before the point make the power a multiple of their number."""
    at = next(place for place, token in enumerate(tokens) if token.kind == "power")
    head, tail = tokens[:at], tokens[at + 1 :]
    point = next((place for place, token in enumerate(head) if token.kind == "."), len(head))
    step = max(1, sum(token.kind in DIGITS for token in head[:point]))
    decimals = sum(token.kind in DIGITS for token in head[point:])
    exact = _exact(value)
    power = exact.adjusted() // step * step if exact else 0
    mantissa = exact.scaleb(-power, context=_EXACT).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    if mantissa >= 10**step:
        mantissa, power = mantissa.scaleb(-step, context=_EXACT), power + step
    sign = "-" if power < 0 else "+" if tokens[at].text.endswith("+") else ""
    zeros = sum(token.kind == "0" for token in tail)
    behind = "".join(token.text for token in tail if token.kind not in DIGITS)
    return f"{_fixed_decimal(mantissa, head)}E{sign}{abs(power):0{max(1, zeros)}}{behind}"


def _fixed_decimal(value: Decimal, tokens: tuple[Token, ...]) -> str:
    return _fixed(float(value), tokens)


def _fraction(value: float, tokens: tuple[Token, ...]) -> str:
    """`# ?/?`: a whole number and a fraction, whose denominator has so many digits or is written in the code."""
    slash = next(place for place, token in enumerate(tokens) if token.kind == "/")
    below = [token for token in tokens[slash + 1 :] if token.kind in DIGITS or token.text.isdigit()]
    written = "".join(token.text for token in below)
    exact = Fraction(_exact(value))
    if written.strip(DIGITS) or written.rstrip("0").isdigit():
        fixed = int("".join(char for char in written if char.isdigit()) or 1)
        part = Fraction(round(exact * fixed), fixed)
        over, under = round(exact * fixed), fixed
    else:
        part = exact.limit_denominator(10 ** max(1, len(below)) - 1)
        over, under = part.numerator, part.denominator
    marks = [place for place, token in enumerate(tokens) if token.kind in DIGITS]
    first = marks[0]
    apart = any(token.kind == "text" for token in tokens[first:slash])
    end = max((place for place, token in enumerate(tokens) if token in below), default=slash)
    before = "".join(token.text for token in tokens[:first])
    behind = "".join(token.text for token in tokens[end + 1 :])
    return before + _mixed(over, under, apart) + behind


def _mixed(over: int, under: int, apart: bool) -> str:
    if not apart:
        return f"{over}/{under}"
    whole, over = divmod(over, under)
    if not over:
        return str(whole)
    return f"{whole} {over}/{under}" if whole else f"{over}/{under}"
