"""JSONL: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.data.records.bounds import MAX_COLUMNS, MAX_ROW
from engine.data.records.encodings import open_text
from engine.data.records.json_text import parse
from engine.data.records.json_tolerant import is_comment, tidied
from engine.data.records.lines import numbered_lines
from engine.data.records.record import Record, Rejected, RowFault, show
from engine.data.schema.layouts.turn_lists import BARE, is_bare_conversation


def read_jsonl(path: Path, encoding: str) -> Iterator[Record | Rejected]:
    """Each line that is not blank, as a record or with the reason why it is none."""
    with open_text(path, encoding, newline=None) as stream:
        row = 0
        for line in numbered_lines(stream):
            text = line.text.strip(" \t\r\n")
            if not text or is_comment(text):
                continue
            row += 1
            yield json_row(text, row, line.number, whole=line.whole)


def json_row(text: str, row: int, line: int, *, whole: bool = True) -> Record | Rejected:
    """One row from its JSON text."""
    if not whole:
        return Rejected("data.row.too_long", row, line, params={"limit": MAX_ROW}, raw=text)
    text = text.lstrip("\N{BYTE ORDER MARK}")  # files were joined, each with its mark
    try:
        value = _parsed(text, line)
    except RowFault as fault:
        at = fault.params.pop("line")
        return Rejected(fault.code, row, at, params=fault.params, raw=text)
    return object_row(value, row, line, text)


def _parsed(text: str, line: int) -> Any:
    """The value, tried without comments and closing commas where it is none with them. Raises RowFault."""
    try:
        return parse(text, line)
    except RowFault as fault:
        better = tidied(text) if fault.code == "data.json.malformed" else text
        if better == text:
            raise
        return parse(better, line)


def object_row(value: Any, row: int, line: int | None, raw: str) -> Record | Rejected:
    """A record, provided that the value is an object, or a list of turns, which stands in a column of its own then."""
    if is_bare_conversation(value):
        value = {BARE: value}
    if not isinstance(value, dict):
        return Rejected("data.json.not_object", row, line, params={"found": show(value)}, raw=raw)
    if len(value) > MAX_COLUMNS:
        params = {"found": len(value), "limit": MAX_COLUMNS}
        return Rejected("data.bounds.columns", row, line, params=params, raw=raw)
    return Record(row, line, value, raw)
