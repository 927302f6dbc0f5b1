"""Subtitles (SRT, WebVTT) as running text: numbers, times and marks are dropped, what was said stays."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from engine.data.passages.blocks import TextBlock, plain_text
from engine.data.rows.wording import CJK

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_MARKS = re.compile(r"<[^<>\n]{0,200}>|\{\\?[^{}\n]{0,200}\}")
_NO_CUES = ("NOTE", "STYLE", "REGION", "WEBVTT")
_PAUSE_SECONDS = 4.0  # after which a new paragraph begins
_SIGNS = re.compile(r"^[\s\-–—♪♫#]*$")


def subtitle_blocks(text: str) -> Iterator[TextBlock]:
    """Paragraphs of what was said; a pause of four seconds or more begins a new one."""
    said: list[str] = []
    ended = 0.0
    for begins, ends, words in _cues(plain_text(text).split("\n")):
        if said and begins - ended >= _PAUSE_SECONDS:
            yield TextBlock(_joined(said))
            said = []
        ended = max(ended, ends)
        for line in words:
            _add(said, line)
    if said:
        yield TextBlock(_joined(said))


def is_subtitles(lines: list[str]) -> bool:
    """Whether a text begins as subtitles do."""
    filled = [line.strip("\ufeff ") for line in lines if line.strip("\ufeff \r\n")][:3]
    return bool(filled) and (filled[0].startswith("WEBVTT") or any(_TIMES.match(line) for line in filled[:2]))


def _cues(lines: list[str]) -> Iterator[tuple[float, float, list[str]]]:
    """Each cue: when it begins and ends, and its lines. What stands outside of cues (numbers, notes, styles) is passed over."""
    at = 0
    while at < len(lines):
        found = _TIMES.match(lines[at])
        at += 1
        if not found:
            continue
        words = []
        while at < len(lines) and lines[at].strip() and not _TIMES.match(lines[at]):
            words.append(lines[at])
            at += 1
        if at < len(lines) and _TIMES.match(lines[at]) and words and words[-1].strip().isdecimal():
            words.pop()  # the number of the next cue, where no blank line stands between two
        yield _seconds(found.groups()[:4]), _seconds(found.groups()[4:]), words


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, rest = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{rest or 0}")


def _add(said: list[str], line: str) -> None:
    """Subtitles that roll show a line again in the next cue: it counts once."""
    words = " ".join(html.unescape(_MARKS.sub("", line)).split())
    if words.startswith(_NO_CUES) and not said:
        return
    if not _SIGNS.match(words) and words not in said[-2:]:
        said.append(words.removeprefix("- ").removeprefix("– "))


def _joined(said: list[str]) -> str:
    text = said[0]
    for words in said[1:]:
        close = CJK.match(text[-1]) or text[-1] in "\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a…"
        text += words if close and (CJK.match(words[0]) or words[0] in "“\u300c\u300e\u300a") else " " + words
    return text
