"""A source read from any place on, a piece at a time: behind each piece it is known where to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.importing.arranging import first_records
from engine.data.readers.jsonl_blocks import Block, blocks, lines_between
from engine.data.readers.jsonl_reader import json_row
from engine.data.records.bounds import MAX_ROW, ReadingBudget
from engine.data.records.encodings import MARK_BAD_BYTES
from engine.data.records.json_tolerant import is_comment
from engine.data.records.quick_json import quick_object
from engine.data.records.record import Record, Rejected, RowFault
from engine.data.rows.row import Row

if TYPE_CHECKING:
    from engine.data.detection.detect_upload import DetectedUpload
    from engine.data.readers.source_file import SourceFile

Convert = Callable[[Record], Row]
Outcome = Row | Rejected
Values = Mapping[str, Any]
_BATCH_ROWS = 1_000
_BATCH_CHARACTERS = 4_000_000
_SPACE = b" \t\r\n"
_SLASH = ord("/")


@dataclass(frozen=True, slots=True)
class Place:
    """How far reading is.

    Attributes:
        file: number of the file at hand, from 0.
        offset, line: the byte to go on at and its line, counted from 1 (JSONL in UTF-8).
        row: records of this file that were passed.
        items: records of all files that were passed.
        size: bytes of all files that were passed; for formats without places in bytes, about so many.
    """

    file: int = 0
    offset: int = 0
    line: int = 1
    row: int = 0
    items: int = 0
    size: int = 0


def outcomes(
    source: DetectedUpload, convert: Convert, budget: ReadingBudget, see: Callable[[Values], None] | None = None
) -> Iterator[Outcome]:
    """Every row of the source as it comes out, or why it does not; the first ones where conversations span records, then Later.

    Args:
        see: is shown each record that becomes part of a conversation which spans several.
    """
    return (_outcome(item, convert) for item in first_records(source, budget, see))


@dataclass(frozen=True, slots=True)
class Lines:
    """A piece of a JSONL file in UTF-8: whole lines, in a range of its bytes.

    Attributes:
        path: of the file.
        name: of the file, where there are several; else None.
        start, end: its bytes.
        first: number of its first line, counted from 1.
        row: records of this file before it.
        whole: False for a line that is beyond all limits: only its beginning is read.
        lines: as they were read; None where they are to be read again.
    """

    path: Path
    name: str | None
    start: int
    end: int
    first: int
    row: int
    whole: bool
    lines: list[bytes] | None

    def beginning(self, count: int) -> Lines:
        """So many of its rows, for this process alone."""
        places = [place for place, line in enumerate(self.lines or ()) if not _is_empty(line.strip(_SPACE))]
        return replace(self, lines=(self.lines or [])[: places[count - 1] + 1])

    def outcomes(self, convert: Convert) -> list[Outcome]:
        """Every row, or why it cannot be used."""
        lines = self.lines if self.lines is not None else lines_between(self.path, self.start, self.end, self.whole)
        return _outcomes_of(Block(lines, self.first, self.end, self.whole), self.name, convert, self.row)

    def for_another(self) -> Lines:
        """What another process needs of it."""
        return replace(self, lines=None)


@dataclass(frozen=True, slots=True)
class Records:
    """A piece of any file: records that were read."""

    items: list[Record | Rejected]  # in order

    def beginning(self, count: int) -> Records:
        """So many of its rows."""
        return Records(self.items[:count])

    def outcomes(self, convert: Convert) -> list[Outcome]:
        """Every row, or why it cannot be used."""
        return [_outcome(item, convert) for item in self.items]

    def for_another(self) -> Records:
        """What another process needs of it."""
        return self


Piece = Lines | Records


def pieces(source: DetectedUpload, place: Place, budget: ReadingBudget) -> Iterator[tuple[Piece, Place]]:
    """The source from a place on, each piece with the place behind it."""
    for number in range(place.file, len(source.files)):
        file = source.files[number]
        name = file.name if len(source.files) > 1 else None
        before = _size(source, number)
        read = _by_blocks if file.format == "jsonl" and file.encoding in (None, "utf-8") else _by_rows
        for piece, place in read(file, name, place, before, budget):  # noqa: B020  where it is left, the next goes on
            yield piece, place
        place = Place(file=number + 1, items=place.items, size=_size(source, number + 1))
        yield Records([]), place


def first_pieces(read: Iterator[tuple[Piece, Place]], most: int | None) -> Iterator[tuple[Piece, Place]]:
    """The pieces until so many records are passed; None: all."""
    passed = 0
    for piece, place in read:
        if most is not None and place.items > most:
            yield piece.beginning(most - passed), replace(place, items=most)
            return
        yield piece, place
        passed = place.items


def _size(source: DetectedUpload, files: int) -> int:
    """Bytes of the first files."""
    return sum(file.path.stat().st_size for file in source.files[:files])


def _outcome(item: Record | Rejected, convert: Convert) -> Outcome:
    if isinstance(item, Rejected):
        return item
    try:
        return convert(item)
    except RowFault as fault:
        return fault.rejected(item)


def _by_rows(
    file: SourceFile, name: str | None, place: Place, before: int, budget: ReadingBudget
) -> Iterator[tuple[Piece, Place]]:
    """Any format. What was passed before is read again, but not looked at."""
    size, done = file.path.stat().st_size, float(place.size - before)
    batch: list[Record | Rejected] = []
    weight = made = 0
    for item in islice(file.records(budget), place.row, None):
        weight += len(item.raw)
        batch.append(item if name is None else replace(item, file=name))
        if len(batch) >= _BATCH_ROWS or max(weight, budget.size - made) >= _BATCH_CHARACTERS:
            done = min(done + weight * _bytes_a_character(item.raw, file.encoding), size)
            place = replace(place, row=place.row + len(batch), items=place.items + len(batch), size=before + int(done))
            yield Records(batch), place
            batch, weight, made = [], 0, budget.size
    if batch:
        yield Records(batch), replace(place, row=place.row + len(batch), items=place.items + len(batch))


def _bytes_a_character(text: str, encoding: str | None) -> float:
    """About how many, as far as one row tells."""
    return len(text.encode(encoding or "utf-8", "replace")) / len(text) if text else 1.0


def _by_blocks(
    file: SourceFile, name: str | None, place: Place, before: int, budget: ReadingBudget
) -> Iterator[tuple[Piece, Place]]:
    budget.open(file.name, file.path.stat().st_size)
    for block in blocks(file.path, place.offset, place.line):
        rows = sum(not _is_empty(line.strip(_SPACE)) for line in block.lines)
        budget.rows(rows, 0)
        budget.heed()
        piece = Lines(file.path, name, place.offset, block.end, block.first, place.row, block.whole, block.lines)
        place = replace(
            place,
            offset=block.end,
            line=block.first + len(block.lines),
            row=place.row + rows,
            items=place.items + rows,
            size=before + block.end,
        )
        yield piece, place


def _outcomes_of(block: Block, name: str | None, convert: Convert, row: int) -> list[Outcome]:
    found: list[Outcome] = []
    for number, line in enumerate(block.lines, block.first):
        line = line.strip(_SPACE)
        if _is_empty(line):
            continue
        row += 1
        short = block.whole and len(line) < MAX_ROW
        values = quick_object(line) if short else None
        if values is None:
            text = _text(line)
            item = json_row(text, row, number, whole=short or (block.whole and len(text) < MAX_ROW))
            found.append(_outcome(item if name is None else replace(item, file=name), convert))
            continue
        try:
            found.append(convert(Record(row, number, values, "", name)))
        except RowFault as fault:
            found.append(fault.rejected(Record(row, number, values, _text(line), name)))
    return found


def _is_empty(line: bytes) -> bool:
    """Whether a line without white space around it holds no row."""
    return not line or (line[0] == _SLASH and is_comment(_text(line)))


def _text(line: bytes) -> str:
    return line.decode("utf-8", MARK_BAD_BYTES)
