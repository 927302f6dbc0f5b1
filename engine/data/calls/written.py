"""Reading a call back from a text: a name with JSON, a call as in Python, or pairs of names and texts between marks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from engine.data.calls.values import Types, same

NEAR = 80  # characters between a name and its arguments
_MOST_PLACES = 100  # of one name that are looked at
_BRACES = 8  # before a name that may open its object
_JSON = json.JSONDecoder()
_WORDS = {"true": True, "false": False, "null": None, "none": None}


@dataclass(frozen=True)
class SoughtCall:
    """A call that should stand in a text.

    Attributes:
        name: of the function.
        arguments: by name.
        types: declared ones of its parameters.
    """

    name: str
    arguments: Mapping[str, Any]
    types: Mapping[str, Types] = field(default_factory=dict)

    @cached_property
    def reach(self) -> int:
        """Characters within which its arguments end, however they are written: nobody looks through a whole text for them."""
        return 500 + 8 * len(json.dumps(self.arguments))


Way = Callable[
    [str, int, SoughtCall], "int | None"
]  # (text, from where, call) -> behind the call, None where it is not there


def places(text: str, name: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the name stands as a whole, from `start` on."""
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?![\w-])")
    return islice((found.span() for found in pattern.finditer(text, start)), _MOST_PLACES)


def as_json(text: str, start: int, call: SoughtCall) -> int | None:
    """{"name": ..., "arguments": {...}} in whatever order and under whatever keys, or a name with an object behind it."""
    for begin, end in places(text, call.name, start):
        brace = text.find("{", end, end + NEAR)
        if brace >= 0 and (behind := _object(text, brace, call, lambda one: same(one, call.arguments))) is not None:
            return behind
        if (behind := _around(text, start, begin, call)) is not None:
            return behind
        if not call.arguments:
            return end
    return None


def _around(text: str, start: int, begin: int, call: SoughtCall) -> int | None:
    """Behind the object that holds the name at `begin`, where its arguments come first."""

    def holds(value: Any) -> bool:
        return call.name in value.values() and any(same(one, call.arguments) for one in value.values())

    brace = begin
    for _step in range(_BRACES):
        brace = text.rfind("{", start, brace)
        if brace < 0:
            return None
        if (behind := _object(text, brace, call, holds)) is not None and behind > begin:
            return behind
    return None


def _object(text: str, brace: int, call: SoughtCall, fits: Callable[[dict[str, Any]], bool]) -> int | None:
    try:
        value, behind = _JSON.raw_decode(text[brace : brace + call.reach])
        return brace + behind if isinstance(value, dict) and fits(value) else None
    except (ValueError, TypeError, RecursionError):  # the second: a value that is no name
        return None


def as_python_call(text: str, start: int, call: SoughtCall) -> int | None:
    """name(city="Oslo", days=3)"""
    for _begin, end in places(text, call.name, start):
        if text.startswith("(", end) and (behind := _closed(text, end, call)) is not None:
            found = _keywords(text[end:behind])
            if found is not None and same(found, dict(call.arguments)):
                return behind
    return None


def _closed(text: str, begin: int, call: SoughtCall) -> int | None:
    """Behind the bracket that closes the one at `begin`; brackets within quotes are none."""
    depth, quote, skip = 0, "", False
    for place in range(begin, min(len(text), begin + call.reach)):
        letter = text[place]
        if skip or quote:
            skip = not skip and letter == "\\"
            quote = "" if not skip and letter == quote else quote
        elif letter in "\"'":
            quote = letter
        else:
            depth += (letter in "([{") - (letter in ")]}")
            if depth == 0:
                return place + 1
    return None


def _keywords(bracketed: str) -> dict[str, Any] | None:
    try:
        found = ast.parse("f" + bracketed, mode="eval").body
        if not isinstance(found, ast.Call) or found.args:
            return None
        return {str(one.arg): _literal(one.value) for one in found.keywords}
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _literal(node: ast.expr) -> Any:
    for part in ast.walk(node):
        if isinstance(part, ast.Dict | ast.List):
            continue
        if isinstance(part, ast.Name) and part.id not in _WORDS:
            raise ValueError
    return ast.literal_eval(_Words().visit(node))


class _Words(ast.NodeTransformer):
    """The words of JSON as those of Python."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A constant."""
        return ast.copy_location(ast.Constant(_WORDS[node.id]), node)


def as_python_object(text: str, start: int, call: SoughtCall) -> int | None:
    """{'city': 'Oslo', 'rain': True}: what Python prints of an object, which is no JSON."""
    for _begin, end in places(text, call.name, start):
        brace = text.find("{", end, end + NEAR)
        behind = _closed(text, brace, call) if brace >= 0 else None
        if behind is not None:
            try:
                if same(ast.literal_eval(text[brace:behind]), dict(call.arguments)):
                    return behind
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
    return None


def as_text_of_json(text: str, start: int, call: SoughtCall) -> int | None:
    """ "{\\"city\\": \\"Oslo\\"}": an object whose JSON was written as JSON once more."""
    for _begin, end in places(text, call.name, start):
        quote = text.find('"{', end, end + NEAR)
        if quote < 0:
            continue
        try:
            value, behind = _JSON.raw_decode(text[quote : quote + 2 * call.reach])
            if same(json.loads(value), dict(call.arguments)):
                return quote + behind
        except (ValueError, RecursionError):
            continue
    return None
