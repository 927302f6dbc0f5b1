"""Reading back calls of which the marks are learnt: names and texts between them, or objects with quotes of a model's own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.data.calls.values import same, stands_for
from engine.data.calls.written import NEAR, SoughtCall, places

_KEY = re.compile(r"([{,]\s*)([^\s{}\[\],:\"]+)(\s*:)")


def _both(one: str, other: str) -> str:
    """What both texts begin with."""
    same_letters = next((place for place, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1), None)
    return one[: min(len(one), len(other)) if same_letters is None else same_letters]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and texts between marks, as in XML; the marks are learnt from a call that is known.

    Attributes:
        opening: between the function's name and that of the first argument.
        middle: between an argument's name and its text.
        end: behind each text.
        next: between that and the next name.
    """

    opening: str
    middle: str
    end: str
    next: str

    @classmethod
    def learnt(cls, text: str, name: str, pairs: Mapping[str, str]) -> Pairs | None:
        """From a text with a call of two arguments; None where it stands there in no such form."""
        (first, one), (second, two) = pairs.items()
        for _begin, place in places(text, name, 0):
            marks, at = [], place
            for part in (first, one, second, two):
                found = text.find(part, at, at + len(part) + NEAR)
                if found < 0:
                    break
                marks.append(text[at:found])
                at = found + len(part)
            else:
                opening, middle, between, middle_too = marks
                end = _both(between, text[at:])
                if middle and end and middle == middle_too:
                    return cls(opening, middle, end, between[len(end) :])
        return None

    def __call__(self, text: str, start: int, call: SoughtCall) -> int | None:
        """As a `Way`."""
        for _begin, end in places(text, call.name, start):
            found = self._read(text, end) if call.arguments else ({}, end)
            if found and found[0].keys() == call.arguments.keys():
                kept = (
                    stands_for(found[0][key], value, call.types.get(key, frozenset()))
                    for key, value in call.arguments.items()
                )
                if all(kept):
                    return found[1]
        return None

    def _read(self, text: str, at: int) -> tuple[dict[str, str], int] | None:
        found: dict[str, str] = {}
        mark = self.opening
        while text.startswith(mark, at):
            begin = at + len(mark)
            middle = text.find(self.middle, begin)
            end = text.find(self.end, middle + len(self.middle)) if middle >= 0 else -1
            if end < 0:
                return None
            found[text[begin:middle]] = text[middle + len(self.middle) : end]
            at, mark = end + len(self.end), self.next
            if not mark:
                return None
        return (found, at) if found else None


@dataclass(frozen=True, slots=True)
class Quoted:
    """{city:<|"|>Oslo<|"|>,days:3}: an object whose texts stand between marks of the model's own, and its names between none.

    Attributes:
        mark: before and behind a text.
    """

    mark: str

    @classmethod
    def learnt(cls, pairs: Pairs, text: str, key: str, number: str) -> Quoted | None:
        """From what stands before a text (`pairs`) and, in `text`, between the name of an argument and a number."""
        at = text.rfind(key)
        plain = text[at + len(key) : text.find(number, at)] if at >= 0 else ""
        mark = pairs.middle.removeprefix(plain)
        return cls(mark) if plain and mark != pairs.middle and mark == pairs.end else None

    def __call__(self, text: str, start: int, call: SoughtCall) -> int | None:
        """As a `Way`."""
        for _begin, end in places(text, call.name, start):
            brace = text.find("{", end, end + NEAR)
            found = self._read(text[: brace + call.reach], brace) if brace >= 0 else None
            if found and same(found[0], dict(call.arguments)):
                return found[1]
        return None

    def _read(self, text: str, at: int) -> tuple[Any, int] | None:
        parts: list[str] = []
        depth = 0
        while True:
            quote = text.find(self.mark, at)
            plain = text[at : quote if quote >= 0 else len(text)]
            for place, letter in enumerate(plain, 1):
                depth += (letter in "{[") - (letter in "}]")
                if depth == 0:
                    return self._value([*parts, _KEY.sub(r'\1"\2"\3', plain[:place])]), at + place
            close = text.find(self.mark, quote + len(self.mark)) if quote >= 0 else -1
            if close < 0:
                return None
            parts += [_KEY.sub(r'\1"\2"\3', plain), json.dumps(text[quote + len(self.mark) : close])]
            at = close + len(self.mark)

    @staticmethod
    def _value(parts: list[str]) -> Any:
        try:
            return json.loads("".join(parts))
        except (ValueError, RecursionError):
            return None
