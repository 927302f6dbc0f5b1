"""Records that were arranged before: one a line, each with its place in the file that it is from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from engine.data.records.record import Record, Rejected

_ODD = b"!"


def arranged_line(item: Record | Rejected) -> bytes:
    """A record, or why there is none, as a line. Half characters stay what they are."""
    if isinstance(item, Rejected):
        return _ODD + json.dumps(item.as_dict() | {"raw": item.raw}, default=str).encode("ascii") + b"\n"
    place = json.dumps([item.row, item.line, item.file])
    values = json.dumps(item.values, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
    return place.encode("ascii") + b"\t" + values + b"\n"


def arranged_item(line: bytes) -> Record | Rejected:
    """What a line stands for."""
    if line.startswith(_ODD):
        return Rejected(**json.loads(line[1:]))
    place, _, values = line.rstrip(b"\n").partition(b"\t")
    row, number, file = json.loads(place)
    raw = values.decode("utf-8", "surrogatepass")
    return Record(row, number, json.loads(raw), raw, file)


def read_arranged(path: Path) -> Iterator[Record | Rejected]:
    """Every line of such a file."""
    with path.open("rb") as file:
        for line in file:
            yield arranged_item(line)
