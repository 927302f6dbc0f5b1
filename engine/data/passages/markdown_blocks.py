"""Markdown and plain text as blocks: their headings, and the paragraphs below them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.data.passages.blocks import TextBlock, paragraphs, plain_text

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_ATX = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r"\s{0,3}+(=++|-{3,}+)\s*+")
_FRONT = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_LONGEST_HEADING = 120
_LONGEST_HEADING_LINE = 1_000  # characters with marks; longer lines are text
_LONGEST_LINE = 60  # of a line that stands alone in a plain text and is a heading
_ENDED = tuple(".!?:;,…\u3002\uff01\uff1f\uff1a\uff1b\uff0c\u3001\"'”’)\uff09\u300b")
_CHAPTER = re.compile(
    r"(\u7b2c[\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\d]{1,6}[\u7ae0\u8282\u7bc7\u90e8\u56de\u5377]|(chapter|section|part|appendix)\s+[\divxlc]+\b)",
    re.I,
)


def markdown_blocks(text: str) -> Iterator[TextBlock]:
    """Headings (`# ...`, or underlined) and paragraphs; blocks of code are never read as headings."""
    body = _without_comments(_FRONT.sub("", plain_text(text) + "\n"))
    held: list[str] = []
    fence = ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1][0] == fence[0] and len(mark[1]) >= len(fence))):
            fence = "" if fence else mark[1]
        found = None if fence or mark else _heading(line, held)
        if found is None:
            held.append(line)
            continue
        yield from paragraphs("\n".join(held))
        held = []
        yield found
    yield from paragraphs("\n".join(held))


def _without_comments(text: str) -> str:
    """One search for each end: a pattern would look for it anew from every beginning."""
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts.append(text[at:start])
        at = end + len("-->")
    return "".join([*parts, text[at:]])


def _heading(line: str, held: list[str]) -> TextBlock | None:
    """The heading that a line is, or that it makes of the line before it, which is then taken out of `held`."""
    if len(line) > _LONGEST_HEADING_LINE:
        return None
    if found := _ATX.match(line):
        return TextBlock(found[2], len(found[1])) if found[2] else None
    alone = len(held) == 1 or (len(held) > 1 and (not held[-2].strip() or _FENCE.match(held[-2]) is not None))
    if alone and _UNDERLINE.fullmatch(line) and held[-1].strip() and len(held[-1]) <= _LONGEST_HEADING:
        return TextBlock(held.pop().strip(), 1 if "=" in line else 2)
    return None


def text_blocks(text: str) -> Iterator[TextBlock]:
    """Paragraphs. A short line that stands alone, ends with no mark, and has text below it is a heading."""
    found = list(paragraphs(text))
    for at, block in enumerate(found):
        below = found[at + 1].text if at + 1 < len(found) else ""
        yield TextBlock(block.text, 1) if _is_title(block.text, below) else block


def _is_title(line: str, below: str) -> bool:
    if "\n" in line or not below or not any(letter.isalpha() for letter in line):
        return False
    if _CHAPTER.match(line) and len(line) <= _LONGEST_HEADING:
        return True
    return len(line) <= _LONGEST_LINE and not line.endswith(_ENDED) and len(below) > len(line) and line[0] not in "-*•"
