"""A file that is data by its name is never read as running text: its first fault is said instead."""

from __future__ import annotations

import io
from collections.abc import Sequence

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.records.json_stream import JsonScanner
from engine.data.records.json_text import parse
from engine.data.records.json_tolerant import behind_comments, tidied
from engine.data.records.lines import Line
from engine.data.records.record import RowFault

_ENDINGS = (".json", ".jsonl", ".ndjson", ".json5", ".jsonc", ".jsonlines", ".geojson")
_BINARY = (
    ".parquet",
    ".arrow",
    ".feather",
    ".xlsx",
    ".xls",
    ".ods",
    ".sqlite",
    ".sqlite3",
    ".db",
    ".zip",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
)


def check_not_json(filename: str, lines: Sequence[Line]) -> None:
    """Raises Fault("data.json.unreadable") for a file of such a name, whose first lines are neither JSON nor a table."""
    if not filename.lower().endswith(_ENDINGS):
        return
    by_line = not filename.lower().endswith((".json", ".json5", ".jsonc", ".geojson"))
    text = lines[0].text if by_line else "".join(line.text for line in lines)
    code, params = "data.json.not_object", {"found": lines[0].text.strip()[:40], "line": lines[0].number}
    try:
        parse(text, lines[0].number)
    except RowFault as fault:
        code, params = fault.code, fault.params
    line = params.get("line", lines[0].number)
    raise Fault("data.json.unreadable", line=line, reason=Text(f"error.{code}").filled(**params).as_dict())


def check_first_object(text: str) -> None:
    """Raises Fault("data.file.no_good_rows") where the first object is no JSON, such as one with a line end within a text."""
    piece = JsonScanner(io.StringIO(behind_comments(text)), alone=True).value()
    if not piece.whole:
        return
    begin = text[: len(text) - len(behind_comments(text))].count("\n") + 1
    try:
        parse(tidied(piece.text), begin)
    except RowFault as fault:
        reason = Text(f"error.{fault.code}").filled(**fault.params).as_dict()
        raise Fault("data.file.no_good_rows", rows=1, line=fault.params.get("line", begin), reason=reason) from None


def check_not_data(filename: str) -> None:
    """Raises Fault("data.file.no_such") for running text under the name of a binary file: most of it is missing or was replaced."""
    ending = next((one for one in _BINARY if filename.lower().endswith(one)), None)
    if ending:
        raise Fault("data.file.no_such", ending=ending)
