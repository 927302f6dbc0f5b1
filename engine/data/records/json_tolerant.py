"""JSON with what people leave in it: comments (`//`, `/* */`) and commas before a closing bracket or at the end. Nothing else is forgiven."""

from __future__ import annotations

import re

_STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'  # one without an end goes on to the end: it is looked through once
_COMMENT = re.compile(_STRING + r"|//[^\n]*|/\*.*?(?:\*/|\Z)", re.S)
_COMMA = re.compile(_STRING + r"|,(?=\s*(?:[\]}]|$))", re.S)
_LEAD = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.S)
_LINES = re.compile(r"[^\n]")
_NEAR = 1_000  # characters
_ONLY_ONE = "[{,:"  # behind these no comma closes anything


def tidied(text: str) -> str:
    """The text with a space for each such comment and comma: everything else keeps its place."""
    if "//" in text or "/*" in text:
        text = _COMMENT.sub(_blank, text)
    return _COMMA.sub(_closing, text)


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    open_end = text[:2] == "/*" and not (len(text) >= 4 and text.endswith("*/"))
    return text if text[0] == '"' or open_end else _LINES.sub(" ", text)


def _closing(found: re.Match[str]) -> str:
    if found[0] != ",":
        return found[0]
    before = found.string[max(0, found.start() - _NEAR) : found.start()].rstrip()[-1:]
    return "," if not before or before in _ONLY_ONE else " "


def is_comment(text: str) -> bool:
    """Whether a line, stripped, is nothing but a comment."""
    return text.startswith("//") or (text.startswith("/*") and text.find("*/", 2) == len(text) - 2)


def opens_comment(text: str) -> bool:
    """Whether a comment begins on this line that ends on another one."""
    return text.lstrip().startswith("/*") and "*/" not in text


def behind_comments(text: str) -> str:
    """The text without the white space and the comments that it begins with."""
    found = _LEAD.match(text)
    return text[found.end() :] if found else text
