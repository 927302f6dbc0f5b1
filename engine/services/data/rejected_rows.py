"""Rows that an import could not use: to look at, to repair in place, and to take away as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from engine.core.cells import END_MARK, disarmed, disarmed_line, row_text
from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.arrange.arrangement import AS_THEY_STAND, arrangement_of
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.import_rows import converter
from engine.data.importing.import_work import MAX_REJECTED_SHOWN
from engine.data.readers.jsonl_reader import json_row
from engine.data.readers.source_file import SourceFile
from engine.data.readers.tables.quotes import DOUBLED, cells_of
from engine.data.records.record import Record, Rejected, RowFault
from engine.data.rows.row import Row
from engine.data.splits.plan import RANDOM
from engine.services.data.versions.version_files import ready
from engine.services.data.versions.versions import REPAIRED, append_rows
from engine.services.data.views import get_dataset
from engine.shapes.data import DataRow
from engine.shapes.rows import RejectedFields, RejectedRows, RejectedRowView, TriedRepair
from engine.shapes.versions import MadeVersion
from storage.queries import rejected as queries
from storage.tables import Dataset, RejectedRow

_TABLES = ("csv", "tsv")
_MOST = 200


def rejected_rows(ctx: Context, dataset: int, *, offset: int = 0, limit: int = 50) -> RejectedRows:
    """Some rejected rows in the order of the file.

    Returns:
        {"total": of all, "listed": those that can be looked at (the first ones), "repaired": of these, "rows": [{"id", "file",
        "line", "row", "column", "code", "params", "raw" (its beginning), "place", "repaired_at"}]}. A draft has those of its failed import.
    """
    with ctx.db.read() as s:
        row = get_dataset(s, dataset)
        found = queries.some(s, dataset, max(0, offset), max(0, min(limit, _MOST)))
        listed, repaired = queries.counts(s, dataset)
    keys = ("id", "file", "line", "row", "column", "code", "params", "raw", "place", "repaired_at")
    rows = [cast(RejectedRowView, {key: getattr(one, key) for key in keys}) for one in found]
    return {"total": row.rejected, "listed": listed, "repaired": repaired, "rows": rows}


@dataclass(frozen=True)
class _Reading:
    """How the file of a rejected row is read: its format, what parts cells, the data set's columns, and how quotes stand in texts."""

    format: str
    delimiter: str
    columns: Sequence[str]
    quoting: str = DOUBLED


def _reading(row: Dataset, file: str | None) -> _Reading:
    sources: list[dict[str, Any]] = row.sources or [{"name": row.source_name, "format": row.format, "options": {}}]
    if (arrangement_of(row.detection.get("arrange")) or AS_THEY_STAND).spans:  # the row is a conversation, as JSON
        return _Reading("jsonl", "", row.columns)
    source = next((one for one in sources if one["name"] == file), sources[0])
    tab = "\t" if source["format"] == "tsv" else ","
    options = {**(source.get("options") or {}), **row.options}
    delimiter, quoting = options.get("delimiter", tab), options.get("quoting", DOUBLED)
    return _Reading(source["format"] or "", delimiter, row.columns, quoting)


def rejected_fields(ctx: Context, dataset: int, rejected: int) -> RejectedFields:
    """A rejected row to be repaired: {"id", "line", "file", "code", "params", "raw": all of it, "fields": [[column, text]], or
    None where its parts cannot be told}. Raises NotFound."""
    row, one = _one(ctx, dataset, rejected)
    raw = _whole(ctx, row, one)
    kept = {key: getattr(one, key) for key in ("id", "line", "file", "code", "params")}
    return cast(RejectedFields, kept | {"raw": raw.rstrip("\r\n"), "fields": _fields(raw, _reading(row, one.file))})


def _one(ctx: Context, dataset: int, rejected: int) -> tuple[Dataset, RejectedRow]:
    row = ready(ctx, dataset)
    with ctx.db.read() as s:
        one = queries.get(s, dataset, rejected)
    if one is None:
        raise NotFound(dataset=dataset, rejected=rejected)
    return row, one


def _whole(ctx: Context, row: Dataset, one: RejectedRow) -> str:
    """All of the row's text, from the file of rejected rows where there is one."""
    path = None if row.rejected_path is None else ctx.settings.absolute(row.rejected_path)
    if path is None or one.place is None or not path.is_file():
        return _shown(one.raw)
    with path.open(encoding="ascii") as file:
        line = next(islice(file, one.place, None), None)
    return _shown(one.raw if line is None else json.loads(line)["raw"])


def _shown(raw: str) -> str:
    """Text that a page can hold: bytes that did not fit the encoding become the sign for that."""
    return raw.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _fields(raw: str, reading: _Reading) -> list[list[str]] | None:
    if reading.format in _TABLES:
        return _cells(raw, reading)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    names = [*reading.columns, *(name for name in value if name not in reading.columns)]
    return [[name, _written(value.get(name, ""))] for name in names]


def _cells(raw: str, reading: _Reading) -> list[list[str]]:
    """Each column with its cell; what is left over stands in the last one, as it does where a separator was not quoted."""
    cells = cells_of(raw, reading.delimiter, reading.quoting)
    names = list(reading.columns)
    cells = [*cells[: len(names) - 1], reading.delimiter.join(cells[len(names) - 1 :])]
    return [[name, cell] for name, cell in zip(names, [*cells, *[""] * len(names)], strict=False)]


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# ------------------------------------------------------------------ repairs


def try_repair(ctx: Context, dataset: int, repair: Mapping[str, Any]) -> TriedRepair:
    """Whether a repaired row works: {"row": as it would be stored, "fault": None}, or {"row": None, "fault": {"code", "params"}}.

    Args:
        repair: {"id": of the rejected row, "values": {column: text}} or {"id", "raw": text}.
    """
    row, one = _one(ctx, dataset, int(repair["id"]))
    found = _made(row, one, repair)
    if isinstance(found, Rejected):
        return {"row": None, "fault": {"code": found.code, "params": found.params}}
    return {"row": cast(DataRow, found), "fault": None}


def _made(row: Dataset, one: RejectedRow, repair: Mapping[str, Any]) -> Row | Rejected:
    record = _record(_reading(row, one.file), one, repair)
    if isinstance(record, Rejected):
        return record
    names = [str(source["name"]) for source in row.sources] or [row.source_name]
    files = tuple(SourceFile(Path(), name, "") for name in names)
    try:
        source = DetectedUpload(files, row.columns, arrange=row.detection.get("arrange"))
        tidy = row.detection.get("tidy", ())
        splits = (row.detection.get("chosen") or {}).get("splits") or {"kind": RANDOM}
        return converter(source, row.shape, row.mapping, row.templates, tidy, splits)(record)
    except RowFault as fault:
        return fault.rejected(record)


def _record(reading: _Reading, one: RejectedRow, repair: Mapping[str, Any]) -> Record | Rejected:
    place, line = one.row or one.line or 1, one.line
    if "values" in repair:
        table = reading.format in _TABLES
        values = {str(key): text if table else _value(str(text)) for key, text in repair["values"].items()}
        return Record(place, line, values, "", one.file)
    raw = str(repair.get("raw") or "")
    if reading.format not in _TABLES:
        return json_row(raw, place, line or place)
    cells = cells_of(raw, reading.delimiter, reading.quoting)
    if len(cells) != len(reading.columns):
        params = {"expected": len(reading.columns), "found": len(cells)}
        return Rejected("data.csv.ragged", place, line, params=params)
    return Record(place, line, dict(zip(reading.columns, cells, strict=True)), raw, one.file)


def _value(text: str) -> Any:
    """What stands in a field of a JSON row: lists and objects as such, everything else as text."""
    if text.strip()[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):  # numbers of thousands of digits, nested without end
            return text
    return text


def repair_rows(
    ctx: Context, dataset: int, repairs: Sequence[Mapping[str, Any]], *, base: int | None = None
) -> MadeVersion:
    """The next version, with the repaired rows behind the others: {"version"} or {"job"}, as `versions.apply`.

    Raises:
        Fault: "data.rejected.still_wrong" with the line of the first one that does not work, or as `versions.apply`.
    """
    rows = []
    for repair in repairs:
        row, one = _one(ctx, dataset, int(repair["id"]))
        made = _made(row, one, repair)
        if isinstance(made, Rejected):
            raise Fault("data.rejected.still_wrong", line=one.line or one.row)
        rows.append({"split": "train", **made})
    ids = [int(repair["id"]) for repair in repairs]
    return append_rows(ctx, dataset, rows, REPAIRED, {"rejected": ids}, base=base)


# ------------------------------------------------------------------ to take away


def rejected_file(ctx: Context, dataset: int) -> tuple[Iterator[bytes], str]:
    """Every rejected row as it stood in its file, in pieces, and a name for it: CSV under its header, or one JSON a line.

    Raises:
        NotFound: there is no such data set, or it has no rejected row.
    """
    row = ready(ctx, dataset)
    if not row.rejected:
        raise NotFound(dataset=dataset)
    reading = _reading(row, None)
    table = reading.format in _TABLES and all(one["format"] in _TABLES for one in row.sources or ())
    stem = row.name.replace("/", " ").strip() or "rows"
    lines = _csv_lines(ctx, row, reading) if table else _json_lines(ctx, row)
    encoding = row.encoding if row.encoding and not row.encoding.lower().startswith("utf-16") else "utf-8"
    name = f"{stem} - rejected.{reading.format if table else 'jsonl'}"
    return (_bytes(line, encoding) for line in lines), name


def _bytes(text: str, encoding: str) -> bytes:
    """As it was in the file, damaged bytes too; else as near to it as text can be."""
    try:
        return text.encode(encoding, "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _raws(ctx: Context, row: Dataset) -> Iterator[str]:
    path: Path | None = None if row.rejected_path is None else ctx.settings.absolute(row.rejected_path)
    if path is not None and path.is_file():
        with path.open(encoding="ascii") as file:
            yield from (json.loads(line)["raw"] for line in file)
        return
    with ctx.db.read() as s:
        yield from (one.raw for one in queries.some(s, row.id, 0, MAX_REJECTED_SHOWN))


def _csv_lines(ctx: Context, row: Dataset, reading: _Reading) -> Iterator[str]:
    """Byte for byte, but for texts that a spreadsheet would run: disarmed, and marked as in exports, they come back as they were."""
    head = row_text(map(disarmed, row.columns), reading.delimiter)
    yield head + "\n"
    changed = list(map(disarmed, row.columns)) != list(row.columns)
    for raw in _raws(ctx, row):
        line = raw.rstrip("\r\n")
        safe = disarmed_line(line, reading.delimiter)
        changed = changed or safe != line
        yield safe + "\n"
    if changed:
        yield f"\r\n{END_MARK}"


def _json_lines(ctx: Context, row: Dataset) -> Iterator[str]:
    for raw in _raws(ctx, row):
        try:
            yield json.dumps(json.loads(raw), ensure_ascii=False) + "\n"
        except ValueError:
            yield " ".join(raw.splitlines()) + "\n"
