"""What a sheet's XML says beside its rows: merged areas, hidden rows and columns, cells that show an error. Found in one pass over its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from engine.data.records.bounds import MAX_MERGES

_MERGE = re.compile(rb'mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_HIDDEN = re.compile(rb"[<:](row|col)\s(?=[^>]*?\bhidden=[\"'](?:1|true)[\"'])([^>]*)>")
_SPAN = re.compile(rb"\b(min|max)=[\"'](\d{1,5})[\"']")
_CHUNK = 2**20
_LONGEST = 4_096  # bytes of a tag that is looked at
_WIDEST = 16_384  # columns of a sheet
Merges = dict[int, dict[int, int]]  # first row -> {column from 0: last row}


@dataclass
class SheetFacts:
    """What stands beside the rows of a sheet."""

    merges: Merges = field(default_factory=dict)  # areas that were merged downwards
    errors: int = 0  # cells that show an error such as #N/A
    hidden_rows: int = 0  # rows that a person does not see
    hidden_columns: set[int] = field(default_factory=set)  # columns that a person does not see, from 0


def sheet_facts(stream: IO[bytes]) -> SheetFacts:
    """The facts of a sheet whose XML is in `stream`."""
    found = SheetFacts()
    for text in _whole_tags(stream):
        found.errors += text.count(b' t="e"')
        if b"hidden=" in text:
            _add_hidden(text, found)
        if len(found.merges) < MAX_MERGES and b"mergeCell" in text:
            for left, top, _right, bottom in _MERGE.findall(text):
                if int(bottom) > int(top):
                    found.merges.setdefault(int(top), {})[column_place(left)] = int(bottom)
    return found


def _whole_tags(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes in pieces that end with a tag."""
    tail = b""
    while data := stream.read(_CHUNK):
        data = tail + data
        cut = data.rfind(b">") + 1
        yield data[:cut]
        tail = data[cut:][-_LONGEST:]


def _add_hidden(text: bytes, found: SheetFacts) -> None:
    for kind, inside in _HIDDEN.findall(text):
        if kind == b"row":
            found.hidden_rows += 1
            continue
        span = {key: int(number) for key, number in _SPAN.findall(inside)}
        first, last = span.get(b"min", 1), span.get(b"max", 0)
        found.hidden_columns.update(range(first - 1, min(last, _WIDEST)))


def column_place(letters: bytes) -> int:
    """The place of a column from 0: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = 26 * place + letter - 64
    return place - 1
