"""Plain text: a row is a paragraph, a line, or a chunk of about so many characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.records.bounds import MAX_FIELD, MAX_ROW
from engine.data.records.chunks import chunks
from engine.data.records.encodings import is_damaged, open_text
from engine.data.records.lines import Line, numbered_lines
from engine.data.records.record import Record, Rejected

COLUMN = "text"
UNITS = ("chunk", "paragraph", "line")
CHUNK_CHARACTERS = 2_000
LEAST_CHUNK, MOST_CHUNK = 100, 100_000


def text_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` once they were checked.

    Raises:
        Fault: "data.text.unit", "data.text.chunk_size".
    """
    unit, size = options.get("unit", "chunk"), options.get("chunk_characters", CHUNK_CHARACTERS)
    if unit not in UNITS:
        raise Fault("data.text.unit", unit=str(unit)[:40])
    if isinstance(size, bool) or not isinstance(size, int) or not LEAST_CHUNK <= size <= MOST_CHUNK:
        raise Fault("data.text.chunk_size", value=str(size)[:40], least=LEAST_CHUNK, most=MOST_CHUNK)
    return {"unit": unit, "chunk_characters": size}


def read_text(path: Path, encoding: str, options: Mapping[str, Any]) -> Iterator[Record | Rejected]:
    """Each piece that is not blank, exactly as it stands. `options`: "unit" (of UNITS) and "chunk_characters".

    Raises:
        Fault: what `text_options` raises.
    """
    chosen = text_options(options)
    with open_text(path, encoding) as stream:
        if chosen["unit"] == "chunk":
            for row, (line, text) in enumerate(chunks(stream, chosen["chunk_characters"]), 1):
                yield _record([Line(line, text)], row, text)
            return
        lines = numbered_lines(stream)
        blocks = (
            _paragraphs(lines) if chosen["unit"] == "paragraph" else ([line] for line in lines if line.text.strip())
        )
        for row, block in enumerate(blocks, 1):
            yield _record(block, row, "".join(line.text for line in block).rstrip("\r\n"))


def _paragraphs(lines: Iterator[Line]) -> Iterator[list[Line]]:
    block: list[Line] = []
    size = 0
    for line in lines:
        if line.text.strip():
            size += len(line.text)
            block.append(line if size <= MAX_ROW else Line(line.number, "", whole=False))
            if len(block) > 2 and not block[-1].whole and not block[-2].whole:
                block.pop()
        elif block:
            yield block
            block, size = [], 0
    if block:
        yield block


def _record(block: list[Line], row: int, text: str) -> Record | Rejected:
    if not all(line.whole for line in block):
        return Rejected("data.row.too_long", row, block[0].number, params={"limit": MAX_ROW}, raw=text)
    if is_damaged(text):
        line = next(line.number for line in block if is_damaged(line.text))
        return Rejected("data.row.bad_bytes", row, line, raw=text)
    if len(text) > MAX_FIELD:
        params = {"column": COLUMN, "limit": MAX_FIELD}
        return Rejected("data.row.field_too_long", row, block[0].number, COLUMN, params, text)
    return Record(row, block[0].number, {COLUMN: text}, text)
