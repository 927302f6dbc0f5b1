"""What crosses the border as JSON. A browser's numbers are exact up to 2**53: larger whole ones travel as {"$integer": digits}.

`webui/static/kit/server.js` is the other end: there such a number is a BigInt. `TAG` is declared in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

from engine.core.characters import whole
from engine.core.conforming import LARGEST
from engine.core.errors import Fault
from webui.i18n import sentence

TAG = "$integer"
DEEPEST = 100  # levels of lists and groups that are read; the encoder of answers knows 254
_CUT = "…"  # instead of what is nested more deeply
_DIGITS = re.compile(r"-?[0-9]{1,4300}")


class Answer:
    """A value as it is sent: all of it can be written as JSON, stored reasons and events have their sentences.

    Attributes:
        value: as it is sent.
        tagged: whether a number in it is tagged, so that the page must look for it.
    """

    def __init__(self, language: str, value: Any) -> None:
        self._language = language
        self.tagged = False
        self.value = self._packed(value, DEEPEST)

    def _packed(self, value: Any, levels: int) -> Any:
        kind = type(value)
        if kind is str:
            return value if value.isascii() else whole(value)
        if kind is dict:
            return self._group(value, levels - 1)
        if kind is list or kind is tuple:
            return [self._packed(one, levels - 1) for one in value] if levels else _CUT
        if kind is int:
            return value if -LARGEST <= value <= LARGEST else self._large(value)
        if kind is float:
            return value if isfinite(value) else None
        return value if value is None or kind is bool else self._other(value, levels)

    def _group(self, value: dict[Any, Any], levels: int) -> Any:
        if levels < 0:
            return _CUT
        told = {
            key if type(key) is str and key.isascii() else _name(key): self._packed(one, levels)
            for key, one in value.items()
        }
        code, params = value.get("code"), value.get("params")
        if isinstance(code, str) and isinstance(params, dict):
            said = sentence(self._language, code, params)
            if said is not None:
                told["message"] = whole(said)
        return told

    def _large(self, value: int) -> dict[str, str]:
        self.tagged = True
        return {TAG: digits_of(value)}

    def _other(self, value: Any, levels: int) -> Any:
        """What is not plain JSON, but is said by plain JSON. Raises TypeError for what no page may be given."""
        if isinstance(value, Enum):
            return self._packed(value.value, levels)
        if is_dataclass(value) and not isinstance(value, type):
            return self._packed(asdict(value), levels)
        plain: tuple[Callable[[Any], Any], ...] = (str, int, float, dict, list, tuple)  # of which it may be a subclass
        for kind in plain:
            if isinstance(value, kind):  # type: ignore[arg-type]
                return self._packed(kind(value), levels)
        raise TypeError(f"{type(value).__name__} has no form in JSON")


def digits_of(value: int) -> str:
    """A whole number as text; one of thousands of digits in the base that can be written quickly."""
    try:
        return str(value)
    except ValueError:
        return hex(value)


def _name(key: Any) -> str:
    """A key of a group, as JSON has it."""
    if isinstance(key, str):
        return whole(str(key))
    return {None: "null", True: "true", False: "false"}.get(key) or str(key)


def unpacked(value: Any, place: str = "…", levels: int = DEEPEST) -> Any:
    """A value as it came from a page: tagged numbers are numbers again, half characters are replaced.

    Raises:
        Fault: "shape.too_deep".
    """
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(digits := value.get(TAG), str) and _DIGITS.fullmatch(digits):
            return int(digits)
        _check_depth(place, levels)
        return {whole(key): unpacked(one, place, levels - 1) for key, one in value.items()}
    if isinstance(value, list):
        _check_depth(place, levels)
        return [unpacked(one, place, levels - 1) for one in value]
    return value


def _check_depth(place: str, levels: int) -> None:
    if not levels:
        raise Fault("shape.too_deep", place=place, limit=DEEPEST)
