"""Plain text: a row is a paragraph, or a line where the file has no blank line between paragraphs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.data.encodings import is_damaged, open_text
from engine.data.lines import Line, numbered_lines
from engine.data.records import MAX_FIELD, MAX_ROW, Record, Rejected

COLUMN = "text"


def read_text(path: Path, encoding: str, unit: str) -> Iterator[Record | Rejected]:
    """Each paragraph or line (`unit` is "paragraph" or "line") that is not blank, exactly as it stands."""
    with open_text(path, encoding) as stream:
        lines = numbered_lines(stream)
        blocks = _paragraphs(lines) if unit == "paragraph" else ([line] for line in lines if line.text.strip())
        for row, block in enumerate(blocks, 1):
            yield _record(block, row)


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


def _record(block: list[Line], row: int) -> Record | Rejected:
    text = "".join(line.text for line in block).rstrip("\r\n")
    if not all(line.whole for line in block):
        return Rejected("data.row.too_long", row, block[0].number, params={"limit": MAX_ROW}, raw=text)
    if is_damaged(text):
        line = next(line.number for line in block if is_damaged(line.text))
        return Rejected("data.row.bad_bytes", row, line, raw=text)
    if len(text) > MAX_FIELD:
        params = {"column": COLUMN, "limit": MAX_FIELD}
        return Rejected("data.row.field_too_long", row, block[0].number, COLUMN, params, text)
    return Record(row, block[0].number, {COLUMN: text}, text)
