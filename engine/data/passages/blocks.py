"""What a document says, one block after the other: a heading or a piece of text, and the page that it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HEADING_LEVELS = 6
_UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One heading or one piece of running text."""

    text: str  # without blanks around it
    level: int = 0  # of a heading, from 1; 0: running text
    page: int | None = None  # counted from 1, where the document has pages


def plain_text(text: str) -> str:
    """The text without what no document means: control characters, halves of characters, blanks around it."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def paragraphs(text: str, page: int | None = None) -> Iterator[TextBlock]:
    """Running text, cut at its blank lines."""
    for piece in re.split(r"\n[ \t]*\n\s*", plain_text(text)):
        if piece.strip():
            yield TextBlock(piece.strip(), page=page)


def cleaned(blocks: Iterable[TextBlock]) -> Iterator[TextBlock]:
    """The blocks that say something."""
    for block in blocks:
        if text := plain_text(block.text):
            yield TextBlock(text, min(block.level, HEADING_LEVELS), block.page)
