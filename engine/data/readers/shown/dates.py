"""A date or a time as a spreadsheet shows it; ISO where only the machine's own settings say how that would be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from engine.data.readers.shown.codes import MAX_CODE

_BY_MACHINE = (
    "mm-dd-yy",
    "m/d/yy h:mm",
    "m/d/yyyy h:mm",
    "m/d/yyyy",
)  # what the file calls so is shown in the order of each land
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<width>.)|\*(?P<fill>.)|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<half>AM/PM|A/P|上午/下午)|(?P<part>y+|m+|d+|h+|s+)|(?P<parts>\.0+)|(?P<era>[egb]+|a{3,})|(?P<plain>.)",
    re.I | re.S,
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH = 0x09  # the language of a locale's number, without the land
Moment = date | datetime | time | timedelta
_Part = tuple[str, str]  # kind, text


def iso(value: Moment) -> str:
    """Unmistakable: `2024-01-02`, `2024-01-02 03:04:05`, `09:47:00`; a duration in hours `30:05:00`."""
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat()


def shown_date(value: Moment, code: str) -> str:
    """A moment under a format code."""
    parts = _parts(code)
    if parts is None or (type(value) is not datetime and _lacks(value, parts)):
        return iso(value)
    return "".join([_SHOWN[kind](value, text, parts) for kind, text in parts]).strip()


def _lacks(value: Moment, parts: tuple[_Part, ...]) -> bool:
    """Whether a format asks for what a date, a time of day or a duration has not."""
    if isinstance(value, date):
        return _has_time(parts)
    return any(kind in ("y", "d", "month") for kind, _text in parts)


def _has_time(parts: tuple[_Part, ...]) -> bool:
    return any(kind in ("h", "minute", "s", "elapsed", "half") for kind, _text in parts)


@lru_cache(maxsize=1_024)
def _parts(code: str) -> tuple[_Part, ...] | None:
    """The parts of the first section; None where ISO is to be shown."""
    if code.lower() in _BY_MACHINE:
        return None
    found: list[_Part] = []
    foreign = False
    for match in _TOKEN.finditer(code[:MAX_CODE]):
        if match["plain"] == ";":
            break
        bracket = match["bracket"]
        if bracket is not None:
            locale = re.match(r"\$[^-]*-([^,]+)", bracket)
            if locale and locale[1].upper().startswith(("F", "X-SYS")):
                return None
            foreign = foreign or bool(locale and not _is_english(locale[1]))
        elif match["era"] or _is_unknown(match["plain"]):
            return None
        elif part := _part(match):
            found.append(part)
    return _checked(_minutes(found), foreign)


def _is_english(locale: str) -> bool:
    """Whether a locale, by its number or its name, writes months and days in English."""
    if re.fullmatch("[0-9A-Fa-f]+", locale):
        return int(locale, 16) & 0x3FF == _ENGLISH
    return locale.lower().startswith("en")


def _is_unknown(plain: str | None) -> bool:
    """Whether a letter stands for something that is not known here; T and Z stand in ISO moments."""
    return plain is not None and plain.isascii() and plain.isalpha() and plain.upper() not in "TZ"


def _part(match: re.Match[str]) -> _Part | None:
    for kind in ("elapsed", "half", "parts"):
        if match[kind]:
            return kind, match[kind].lower()
    if match["part"]:
        text = match["part"].lower()
        return {"m": "month"}.get(text[0], text[0]), text
    if match["fill"] is not None:
        return None
    if match["width"] is not None:
        return "text", " "
    return "text", next(one for one in (match["quoted"], match["escaped"], match["plain"]) if one is not None)


def _minutes(parts: list[_Part]) -> list[_Part]:
    """`m` behind hours or before seconds is minutes."""
    places = [place for place, (kind, _text) in enumerate(parts) if kind not in ("text", "half", "parts")]
    for order, place in enumerate(places):
        kind, text = parts[place]
        before = parts[places[order - 1]] if order else ("", "")
        behind = parts[places[order + 1]][0] if order + 1 < len(places) else ""
        hours = before[0] == "h" or (before[0] == "elapsed" and before[1][0] == "h")
        if kind == "month" and len(text) <= 2 and (hours or behind == "s"):
            parts[place] = ("minute", text)
    return parts


def _checked(parts: list[_Part], foreign: bool) -> tuple[_Part, ...] | None:
    order = [kind for kind, _text in parts if kind in ("y", "month", "d")]
    named = any(kind in ("month", "d") and len(text) > 2 for kind, text in parts)
    if not any(kind != "text" for kind, _text in parts) or (named and foreign):
        return None
    separators = {text for kind, text in parts if kind == "text" and order[:1] == ["y"]} - {" ", ":", "T"}
    if order == ["y", "month", "d"] and not named and separators <= {"-"}:
        return None
    return tuple(parts)


# ------------------------------------------------------------------ each part


def _clock(value: Moment) -> tuple[int, int, int, int]:
    """Hour, minute, second and microsecond."""
    if isinstance(value, timedelta):
        seconds = abs(value).seconds
        return seconds // 3600, seconds // 60 % 60, seconds % 60, abs(value).microseconds
    if isinstance(value, (datetime, time)):
        return value.hour, value.minute, value.second, value.microsecond
    return 0, 0, 0, 0


def _padded(number: int, text: str) -> str:
    return f"{number:02}" if len(text) > 1 else str(number)


def _year(value: Moment, text: str, _parts: tuple[_Part, ...]) -> str:
    year = value.year if isinstance(value, date) else 0
    return f"{year:04}" if len(text) > 2 else f"{year % 100:02}"


def _month(value: Moment, text: str, _parts: tuple[_Part, ...]) -> str:
    month = value.month if isinstance(value, date) else 1
    if len(text) < 3:
        return _padded(month, text)
    name = _MONTHS[month - 1]
    return name[0] if len(text) == 5 else name if len(text) == 4 else name[:3]


def _day(value: Moment, text: str, _parts: tuple[_Part, ...]) -> str:
    day = value if isinstance(value, date) else date(1900, 1, 1)
    if len(text) < 3:
        return _padded(day.day, text)
    name = _DAYS[day.weekday()]
    return name if len(text) > 3 else name[:3]


def _hour(value: Moment, text: str, parts: tuple[_Part, ...]) -> str:
    hour = _clock(value)[0]
    return _padded(hour % 12 or 12 if any(kind == "half" for kind, _ in parts) else hour, text)


def _half(value: Moment, text: str, _parts: tuple[_Part, ...]) -> str:
    first, second = text.upper().split("/")
    return first if _clock(value)[0] < 12 else second


def _fractions(value: Moment, text: str, parts: tuple[_Part, ...]) -> str:
    if not any(kind == "s" or (kind == "elapsed" and own[0] == "s") for kind, own in parts):
        return text
    return "." + f"{_clock(value)[3]:06}"[: len(text) - 1]


def _elapsed(value: Moment, text: str, _parts: tuple[_Part, ...]) -> str:
    if isinstance(value, timedelta):
        total = round(value.total_seconds())
    else:
        hour, minute, second, _micro = _clock(value)
        days = (value - datetime(1899, 12, 31)).days if isinstance(value, datetime) else 0
        total = 86_400 * days + 3600 * hour + 60 * minute + second
    number = abs(total) // {"h": 3600, "m": 60, "s": 1}[text[0]]
    return ("-" if total < 0 else "") + f"{number:0{len(text)}}"


_SHOWN: dict[str, Callable[[Moment, str, tuple[_Part, ...]], str]] = {
    "text": lambda _value, text, _parts: text,
    "y": _year,
    "month": _month,
    "d": _day,
    "h": _hour,
    "minute": lambda value, text, _parts: _padded(_clock(value)[1], text),
    "s": lambda value, text, _parts: _padded(_clock(value)[2], text),
    "parts": _fractions,
    "half": _half,
    "elapsed": _elapsed,
}
