"""JSON text walked through by its brackets and quotes, without building values: memory stays small."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Protocol

from engine.data.records.bounds import MAX_ROW

_CHUNK = 256 * 1024
_OUTSIDE = re.compile(r'["\[\]{},/]')
_INSIDE = re.compile(r'["\\\n]')
_SPACE = re.compile("[ \t\r\n\ufeff]*")  # files that were joined have a byte order mark each
_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_MAX_KEY = 4_096
_COMMENTS = {"//": "\n", "/*": "*/"}  # how each ends
_MAX_COMMENT = 20_000  # characters
_BEFORE_COMMENT = " \t\r\n,[]{}"  # an address in a text whose quotes are wrong stands behind others


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one JSON value and the line it begins on."""

    line: int  # from 1
    text: str  # as it stands in the file
    indent: str | None  # the white space before it on its line; None where something else stands there
    whole: bool = True  # False beyond the limit of a row

    def next_start(self) -> int | None:
        """Where a line inside begins just as this value does: the sign of a value that was never closed."""
        if self.indent is None or not self.text.startswith("{"):
            return None
        found = re.search(r"\n(?=" + re.escape(self.indent) + r"\{)", self.text)
        return found.end() if found else None


class Characters(Protocol):
    """What a text is read from."""

    def read(self, size: int, /) -> str:
        """So many characters; none at the end."""


class JsonScanner:
    """A place in a JSON text, moved forward value by value. Comments are passed over like white space.

    Args:
        alone: a list or an object ends with its bracket, as where several stand one after another.
    """

    def __init__(self, stream: Characters, *, alone: bool = False) -> None:
        self._stream = stream
        self._alone = alone
        self._buffer = ""
        self._at = 0
        self._before = ""  # what stands before this place on its line
        self.line = 1

    @property
    def column(self) -> int:
        """Characters before this place on its line."""
        return len(self._before)

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._pass(found.end() if found else self._at)
            if self._at < len(self._buffer):
                char = self._buffer[self._at]
                if char != "/" or (end := self._comment(self._at)) is None:
                    return char
                self._pass(end)
                continue
            if not self._more():
                return ""

    def take(self) -> str:
        """The next character that is not white space, passed."""
        if char := self.peek():
            self._pass(self._at + 1)
        return char

    def key(self) -> str | None:
        """The key of a member and its colon, passed; None where there is none."""
        self.peek()
        while not (found := _KEY.match(self._buffer, self._at)):
            if len(self._buffer) - self._at > _MAX_KEY or not self._extend():
                return None
        self._pass(found.end())
        try:
            name = json.loads(found.group())
        except ValueError:
            return None
        return name if self.take() == ":" else None

    def value(self) -> Piece:
        """The value that begins here, passed, up to the comma or bracket that ends it."""
        self.peek()
        line, indent = self.line, None if self._before.strip() else self._before
        parts: list[str] = []
        size, depth, quoted, done, kept = 0, 0, False, False, True
        while not done:
            start = self._at
            end, depth, quoted, done = self._walk(depth, quoted)
            size += end - start
            if kept:
                parts.append(self._buffer[start:end])
            self._pass(end)
            if kept and size > MAX_ROW:
                piece = Piece(line, "".join(parts), indent, whole=False)
                if piece.next_start() is not None:
                    return piece
                kept = False
            if not done and not self._more():
                break
        return Piece(line, "".join(parts).rstrip(" \t\r\n"), indent, kept)

    def back_to(self, piece: Piece, offset: int) -> None:
        """Return to a place inside the value that was just passed."""
        self._buffer = piece.text[offset:] + self._buffer[self._at :]
        self._at, self._before = 0, ""
        self.line = piece.line + piece.text.count("\n", 0, offset)

    def _walk(self, depth: int, quoted: bool) -> tuple[int, int, bool, bool]:
        """From here to the end of the value or of what was read: (where, depth, inside quotes, ended)."""
        at = self._at
        while True:
            found = (_INSIDE if quoted else _OUTSIDE).search(self._buffer, at)
            if not found:
                return len(self._buffer), depth, quoted, False
            char, at = found.group(), found.end()
            if quoted and char == "\\":
                if at == len(self._buffer) and not self._extend():
                    return at, depth, quoted, False
                at += 1
            elif char == "/":
                at = self._comment(found.start()) or at
            elif quoted or char == '"':
                quoted = not quoted  # a raw line end cannot stand in a string: it ends one too
            elif char in "[{":
                depth += 1
            elif depth == 0:
                return found.start(), depth, quoted, True
            elif char != ",":
                depth -= 1
                if not depth and self._alone:
                    return at, depth, quoted, True

    def _comment(self, at: int) -> int | None:
        """Where the comment that begins here ends; None where none does."""
        if at and self._buffer[at - 1] not in _BEFORE_COMMENT:
            return None
        while len(self._buffer) - at < 2 and self._extend():
            pass
        closing = _COMMENTS.get(self._buffer[at : at + 2])
        if closing is None:
            return None
        while (end := self._buffer.find(closing, at + 2, at + _MAX_COMMENT)) < 0:
            if len(self._buffer) - at > _MAX_COMMENT:
                return None
            if not self._extend():
                return len(self._buffer) if closing == "\n" else None
        return end if closing == "\n" else end + len(closing)

    def _pass(self, end: int) -> None:
        text = self._buffer[self._at : end]
        if newlines := text.count("\n"):
            self.line += newlines
            self._before = text[text.rindex("\n") + 1 :][:200]
        elif len(self._before) < 200:
            self._before += text[:200]
        self._at = end

    def _extend(self) -> bool:
        chunk = self._stream.read(_CHUNK)
        self._buffer += chunk
        return bool(chunk)

    def _more(self) -> bool:
        """Forget what was passed and read on."""
        self._buffer, self._at = self._buffer[self._at :], 0
        return self._extend()
