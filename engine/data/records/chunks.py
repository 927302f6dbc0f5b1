"""A long text cut into chunks that end with a paragraph or a sentence, never within a word. Joined, they are the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from engine.data.records.bounds import MAX_FIELD

_READ = 64 * 1024
_AHEAD = 1_024  # characters looked at beyond the limit, so that white space stays with what it follows
_CLOSING = "\"'”’」』）)\\]"
_WIDE = (
    "\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff"  # written without blanks between words
)
_HEADING = re.compile(r"\n(?=#{1,6} )")
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*|\r[ \t]*\r\s*")
_SENTENCE = re.compile(rf"[.!?…][{_CLOSING}]*\s+|[。！？…][{_CLOSING}]*\s*")
_CLAUSE = re.compile(r"[,;:]\s+|[，、；：]\s*|\n\s*")
_WORD = re.compile(
    rf"\s+|[{_WIDE}](?![\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef{_CLOSING}。，、！？；：])"
)
_ENDS = (_HEADING, _PARAGRAPH, _SENTENCE)


def chunks(stream: TextIO, limit: int) -> Iterator[tuple[int, str]]:
    """Each chunk with the line it begins on (from 1); about `limit` characters, a little more where a word would be cut."""
    line, held = 1, ""
    for text in _cut(stream, limit):
        if held and (text.strip() or len(held) + len(text) > MAX_FIELD):
            yield line, held
            line += _line_ends(held)
            held = text
        else:
            held += text  # white space alone is no chunk, unless it fills more than any field may
    if held:
        yield line, held


def _cut(stream: TextIO, limit: int) -> Iterator[str]:
    buffer, more = "", True
    while more or buffer:
        while more and len(buffer) <= limit + _AHEAD:
            more = _extend(stream, parts := [buffer])
            buffer = "".join(parts)
        if len(buffer) <= limit:
            yield buffer
            return
        while (end := _end(buffer, limit)) is None and more and len(buffer) < MAX_FIELD:
            more = _extend(stream, parts := [buffer])
            buffer = "".join(parts)
        end = end or min(len(buffer), MAX_FIELD)
        yield buffer[:end]
        buffer = buffer[end:]


def _extend(stream: TextIO, parts: list[str]) -> bool:
    text = stream.read(_READ)
    parts.append(text)
    return bool(text)


def _end(text: str, limit: int) -> int | None:
    """Where a chunk of `text` ends; None where no word ends in it."""
    for ends in _ENDS:
        if (found := _last(ends, text, limit // 2, limit)) is not None:
            return found
    for ends in (_SENTENCE, _PARAGRAPH, _CLAUSE, _WORD):
        if (found := _last(ends, text, limit // 8, limit)) is not None:
            return found
    beyond = _WORD.search(text, limit)
    return beyond.end() if beyond else None


def _last(ends: re.Pattern[str], text: str, low: int, high: int) -> int | None:
    """The end of the last match that begins between two places."""
    found = None
    for match in ends.finditer(text, low, high + _AHEAD):
        if match.start() >= high:
            break
        found = match.end()
    return found


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
