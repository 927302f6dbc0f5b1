"""A Word file as blocks: its paragraphs and tables in order; what its styles call a heading is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.passages.blocks import TextBlock
from engine.data.readers.word_reader import check_word_size, open_word, word_texts

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"heading ([1-9])$", re.I)
_BODY_TEXT = 9  # the outline level of what is no heading


def word_blocks(path: Path) -> Iterator[TextBlock]:
    """Raises Fault: "data.word.damaged", "data.word.too_large", "data.word.no_text"."""
    check_word_size(path)
    document = open_word(path)
    levels = _levels(document)
    empty = True
    for element, text in word_texts(document.element.body):
        empty = False
        yield TextBlock(text, _level_of(element, levels))
    if empty:
        raise Fault("data.word.no_text")


def _levels(document: Any) -> dict[str, int]:
    """Heading levels by the ids of styles."""
    found: dict[str, int] = {}
    for style in document.styles.element.iter(_W + "style"):
        name = style.find(_W + "name")
        said = (name.get(_W + "val") or "") if name is not None else ""
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        if match := _HEADING.match(said):
            found[style.get(_W + "styleId")] = int(match[1])
        elif said.lower() == "title":
            found[style.get(_W + "styleId")] = 1
        elif outline is not None and (level := _number(outline)) < _BODY_TEXT:
            found[style.get(_W + "styleId")] = level + 1
    return found


def _level_of(element: Any, levels: dict[str, int]) -> int:
    if element.tag != _W + "p":
        return 0
    outline = element.find(f"{_W}pPr/{_W}outlineLvl")
    if outline is not None and (level := _number(outline)) < _BODY_TEXT:
        return level + 1
    style = element.find(f"{_W}pPr/{_W}pStyle")
    return 0 if style is None else levels.get(style.get(_W + "val"), 0)


def _number(element: Any) -> int:
    value = element.get(_W + "val") or ""
    return int(value) if value.isdecimal() and len(value) < 3 else _BODY_TEXT
