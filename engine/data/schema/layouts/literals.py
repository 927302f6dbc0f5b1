"""Lists written as Python writes them, or as numpy does: taken apart token by token and never evaluated."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from engine.data.records.json_text import parse
from engine.data.records.record import RowFault

_LITERAL_TOKEN = re.compile(
    r"""\s*+(?:
        [uU]?(?P<text>'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+")
        |(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
        |(?P<word>True|False|None)\b
        |(?P<open>array\(|[(\[{])
        |,\s*dtype=\w+\s*(?P<dtype>\))
        |(?P<close>[)\]}])
        |(?P<mark>[,:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": ""}
_WORDS = {"True": "true", "False": "false", "None": "null"}
_OPEN = {"[": ("[", "]"), "(": ("[", "]"), "{": ("{", "}"), "array(": ("", "")}
_ENDS = {"(": ")", "array(": ")", "[": "]", "{": "}"}


class _NoLiteral(ValueError):
    pass


def read_list(text: str) -> Any:
    """The list that a text holds as JSON or as Python writes it.

    Raises:
        RowFault: it holds neither; of the JSON, as `parse` raises it.
    """
    try:
        return parse(text, 1)
    except RowFault:
        if (same := literal_as_json(text)) is None:
            raise
        return parse(same, 1)


def parts_in(text: str) -> Any:
    """The list or object with words in parts that a text holds, as JSON or as Python writes it; the text itself where it holds none."""
    if not text.endswith(("]", "}")) or not ('"text"' in text or "'text'" in text):
        return text
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(literal_as_json(text) or "")
    return text


def object_in(text: str) -> Any:
    """The object that a text holds, as JSON or as Python writes it; None for other texts."""
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    for same in (text, literal_as_json(text)):
        with contextlib.suppress(RowFault):
            return None if same is None else parse(same, 1)
    return None


def literal_as_json(text: str) -> str | None:
    """The JSON of a Python list, tuple or dictionary, also of a printed numpy array, whose elements have no commas between; None for other texts."""
    if text.lstrip()[:1] not in ("[", "(", "{", "a"):
        return None
    try:
        return _Writer().written(text.strip())
    except _NoLiteral:
        return None


@dataclass
class _Writer:
    """What was written so far, the brackets that are open, and whether a value stands before this place."""

    parts: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def written(self, text: str) -> str:
        place = 0
        while place < len(text):
            found = _LITERAL_TOKEN.match(text, place)
            if found is None or (self.parts and not self.opened):
                raise _NoLiteral
            spaced = text[place].isspace()
            self._take(str(found.lastgroup), found[str(found.lastgroup)], spaced)
            place = found.end()
        if self.opened:
            raise _NoLiteral
        return "".join(self.parts)

    def _take(self, kind: str, token: str, spaced: bool) -> None:
        if kind in ("close", "dtype"):
            return self._close(token)
        if kind == "mark":
            self.parts.append(token)
            return None
        if self.parts and self.parts[-1] not in ("[", "{", ",", ":"):
            if not spaced or not self.opened or self.opened[-1] == "{":
                raise _NoLiteral
            self.parts.append(",")  # numpy prints none
        if kind == "open":
            self.opened.append(token)
            token = _OPEN[token][0]
        elif kind == "text":
            token = json.dumps(_unescaped(token[1:-1]), ensure_ascii=False)
        if token:
            self.parts.append(_WORDS.get(token, token))
        return None

    def _close(self, token: str) -> None:
        if not self.opened or _ENDS[self.opened[-1]] != token:
            raise _NoLiteral
        opened = self.opened.pop()
        if self.parts and self.parts[-1] == ",":
            self.parts.pop()
        if _OPEN[opened][1]:
            self.parts.append(_OPEN[opened][1])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] in "xuU" and len(code) > 1:
        return _chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _NAMED.get(code, code if code in "\\'\"" else "\\" + code)


def _chr(number: int) -> str:
    if number > 0x10FFFF:
        raise _NoLiteral
    return chr(number)
