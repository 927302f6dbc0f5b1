"""Blocks of a document become passages: one never runs over a heading, and none is longer than it was asked to be."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.data.passages.blocks import TextBlock
from engine.data.readers.documents import ENCODING
from engine.data.records.chunks import chunks
from engine.data.rows.language import language_of
from engine.data.schema.extras import MAX_EXTRA

CHARACTERS = 1_200  # of a passage, unless another length is asked for
_OVER = 100  # characters that a piece may have more, so that no word is cut
LEAST, MOST = 300, MAX_EXTRA - _OVER  # a passage stands whole in the columns of the rows that are made of it
SHORTEST = 40  # characters of a passage about which anything can be asked
_LONGEST_HEADING = 200
_CRUMB = " › "


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, and where it stands."""

    text: str  # as it is read and shown
    file: str  # name of the document
    page: int | None  # on which it begins, from 1; None where there are no pages
    heading: str  # the headings that it stands under, the highest first; "" without any

    @property
    def language(self) -> str:
        """Its language, as far as its characters tell."""
        return language_of(self.text)

    @property
    def read(self) -> str:
        """What a writer reads: the heading, then the text."""
        return f"{self.heading}\n\n{self.text}" if self.heading else self.text


def read_blocks(path: Path) -> Iterator[TextBlock]:
    """The blocks that the child wrote."""
    with path.open(encoding=ENCODING, newline="") as lines:
        for line in lines:
            yield TextBlock(**json.loads(line))


def split(blocks: Iterable[TextBlock], file: str, characters: int = CHARACTERS) -> Iterator[Passage]:
    """The passages of one document, in order. Those of fewer than `SHORTEST` characters are left out."""
    trail: list[tuple[int, str]] = []
    held: list[TextBlock] = []
    for block in blocks:
        if block.level:
            yield from _passages(held, file, trail, characters)
            held = []
            trail = [one for one in trail if one[0] < block.level]
            trail.append((block.level, " ".join(block.text.split())))
        else:
            held.append(block)
    yield from _passages(held, file, trail, characters)


def _passages(blocks: list[TextBlock], file: str, trail: list[tuple[int, str]], characters: int) -> Iterator[Passage]:
    heading = _CRUMB.join(title for _level, title in trail)[-_LONGEST_HEADING:]
    for text, page in _gathered(blocks, characters):
        if len(text) >= SHORTEST or (text and _is_dense(text)):
            yield Passage(text, file, page, heading)


def _is_dense(text: str) -> bool:
    """Chinese, Japanese and Korean say more than twice as much in a character."""
    return len(text) * 5 >= SHORTEST * 2 and language_of(text) in ("zh", "ja", "ko")


def _gathered(blocks: list[TextBlock], characters: int) -> Iterator[tuple[str, int | None]]:
    """Paragraphs put together as long as they fit, of about the same length; a longer one is cut at its sentences."""
    pieces = [(piece, block.page) for block in blocks for piece in _cut(block.text, characters)]
    held, page = "", None
    for piece, its_page in pieces:
        if held and len(held) + 2 + len(piece) > characters:
            yield held, page
            held = ""
        page = page if held else its_page
        held = f"{held}\n\n{piece}" if held else piece
    if held:
        yield held, page


def _cut(text: str, characters: int) -> Iterator[str]:
    if len(text) <= characters:
        yield text
        return
    for _line, piece in chunks(io.StringIO(text), characters):
        while len(piece) > characters + _OVER:  # one endless word
            yield piece[:characters]
            piece = piece[characters:]
        if piece.strip():
            yield piece.strip()
