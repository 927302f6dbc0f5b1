"""How a version of a data set is written: the wish, the two passes over its rows, and what the file is called."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.text import Text, verbatim
from engine.data.importing.names import clean_name
from engine.data.operations import OPERATIONS
from engine.data.rows.row import Row
from engine.data.rows.store import read_rows
from engine.data.writers.card import Facts, LineageStep, card
from engine.data.writers.files import write_csv, write_jsonl, write_parquet
from engine.data.writers.hub import write_hub
from engine.data.writers.layout import ExportLayout, free_name, own_layout, records_of, with_split
from engine.data.writers.original import original_layout
from engine.data.writers.survey import ColumnSurvey, RowsSurvey, survey
from engine.services.data.versions.version_files import version_file
from engine.services.data.versions.versions import versions_of
from engine.shapes.data import ExportedFile
from storage.data_tables import DatasetVersion
from storage.queries import datasets as queries
from storage.tables import Dataset

_ENDINGS = {"jsonl": "jsonl", "csv": "csv", "parquet": "parquet", "hub": "zip"}
_KEPT_SECONDS = 24 * 3600.0
_TOLD_EVERY = 500  # rows
_FOLDER = ("exports", "data")
Tell = Callable[[int, int], None]


class Wish:
    """One export as it is asked for. Equal wishes have equal keys."""

    def __init__(self, ctx: Context, dataset: int, values: Mapping[str, Any], version: int | None) -> None:
        self.ctx, self.values = ctx, values
        self.version, self.path = version_file(ctx, dataset, version)
        with ctx.db.read() as session:
            row = queries.get(session, dataset)
        if row is None:
            raise NotFound(dataset=dataset)
        self.dataset = row
        self.format: str = values["format"]
        self.splits = [s for s in ("train", "val", "test") if values["part"] in ("all", s) and self._count(s)]
        self.total = sum(map(self._count, self.splits))
        if not self.total:
            raise Fault("data.export.no_rows")
        self.layout = _layout(row, values["form"])
        marks = [
            dataset,
            self.version.number,
            self.version.content_hash,
            row.name,
            row.shape,
            row.mapping,
            row.templates,
            row.columns,
            row.rejected,
            dict(values),
        ]
        self.key = hashlib.sha256(json.dumps(marks, sort_keys=True).encode()).hexdigest()[:32]

    def _count(self, split: str) -> int:
        return int(getattr(self.version, f"{split}_rows"))

    def rows(self, split: str | None = None) -> Iterator[Row]:
        """The wanted rows, in order; of one split where it is given."""
        wanted = split or self.values["part"]
        return read_rows(self.path, wanted)


def _layout(row: Dataset, form: str) -> ExportLayout:
    if form == "own":
        return own_layout()
    layout = original_of(row)
    if layout is None:
        raise Fault("data.export.no_columns")
    return layout


def original_of(row: Dataset) -> ExportLayout | None:
    """The columns of the data set's file; None where they are not known (any more)."""
    if not row.shape or not row.columns:
        return None
    try:
        layout = original_layout(row.shape, row.mapping, row.columns, row.templates)
        return with_split(layout, ((row.detection.get("chosen") or {}).get("splits") or {}).get("column"))
    except Fault:
        return None


def write_export(wish: Wish, tell: Tell = lambda _step, _total: None) -> ExportedFile:
    """Write the file whole or not at all; what it is, is kept next to it. Takes two passes: one to survey, one to write.

    Args:
        tell: hears (rows so far, all rows), counted over both passes.

    Returns:
        {"key", "dataset", "format", "name", "bytes", "rows", "notes"}.

    Raises:
        Fault: "data.export.not_fit" where the format cannot hold a row.
    """
    counted = _Counter(2 * wish.total, tell)
    seen = survey(counted(wish.rows()), wish.layout)
    if seen.misfits:
        raise Fault("data.export.not_fit", rows=seen.misfits, all=seen.misfits + seen.rows, first=seen.first_misfit)
    _clear(wish.ctx)
    target = place_of(wish.ctx, wish.key, wish.format)
    draft = target.with_name(f"{uuid.uuid4().hex}.part")
    try:
        _write(wish, draft, seen, counted)
        size = draft.stat().st_size
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    done: ExportedFile = {
        "key": wish.key,
        "dataset": wish.dataset.id,
        "format": wish.format,
        "name": _file_name(wish),
        "bytes": size,
        "rows": seen.rows,
        "notes": _notes(wish, seen),
    }
    target.with_suffix(".json").write_text(json.dumps(done), encoding="utf-8")
    return done


class _Counter:
    """Passes rows on and tells how many have passed in all."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total, self._tell, self._step = total, tell, 0

    def __call__(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._step += 1
            if self._step % _TOLD_EVERY == 0:
                self._tell(self._step, self._total)
            yield row


def _write(wish: Wish, draft: Path, seen: RowsSurvey, counted: _Counter) -> None:
    columns = dict(seen.columns)
    split_column = free_name("split", columns) if wish.values["split_column"] and wish.format != "hub" else None
    if split_column is not None:
        columns[split_column] = ColumnSurvey({"text"})
    if wish.format == "hub":
        facts = _facts(wish, seen)
        return write_hub(
            draft,
            lambda split: records_of(wish.layout, counted(wish.rows(split)), None),
            wish.splits,
            columns,
            card(facts),
        )
    records = records_of(wish.layout, counted(wish.rows()), split_column)
    if wish.format == "jsonl":
        return write_jsonl(draft, records)
    if wish.format == "parquet":
        return write_parquet(draft, records, columns)
    return write_csv(draft, records, columns, bom=wish.values["bom"], safe=wish.values["safe"])


def _notes(wish: Wish, seen: RowsSurvey) -> list[dict[str, Any]]:
    """What did not fit the format as it was: [{"code", "params"}]."""
    mixed = [name for name, column in seen.columns.items() if column.mixed]
    if wish.format in ("parquet", "hub") and mixed:
        return [{"code": "data.export.note.mixed", "params": {"columns": ", ".join(mixed[:10])}}]
    return []


def _facts(wish: Wish, seen: RowsSurvey) -> Facts:
    row, version = wish.dataset, wish.version
    sources = row.sources or [{"name": row.source_name, "format": row.format}]
    return Facts(
        name=row.name,
        version=version.number,
        licence=wish.values["licence"],
        content_hash=version.content_hash,
        splits=seen.splits,
        columns={name: column.type for name, column in seen.columns.items()},
        languages=version.stats.get("languages", {}),
        sources=[(str(one.get("name", "")), str(one.get("format") or "–")) for one in sources],
        rejected=row.rejected,
        steps=_lineage(wish.ctx, version),
        made_up=seen.made_up,
        made_at=time.time(),
    )


def _lineage(ctx: Context, version: DatasetVersion) -> list[LineageStep]:
    """The versions from the import to this one."""
    labels = {operation.key: operation.label for operation in OPERATIONS} | _LABELS
    by_number = {one["number"]: one for one in versions_of(ctx, version.dataset_id)}
    steps: list[LineageStep] = []
    number: int | None = version.number
    while number is not None and (one := by_number.pop(number, None)) is not None:
        label = labels.get(one["operation"], verbatim(one["operation"]))
        steps.append(LineageStep(number, label, one["rows"], one["summary"], one["created_at"]))
        number = one["parent"]
    return steps[::-1]


_LABELS = {
    "import": Text("services.data.export_files.labels.import"),
    "collect": Text("services.data.export_files.labels.collect"),
}


def place_of(ctx: Context, key: str, format_: str) -> Path:
    """Where the file of an export lies."""
    return ctx.settings.folder(*_FOLDER) / f"{key}.{_ENDINGS[format_]}"


def finished(ctx: Context, key: str) -> ExportedFile | None:
    """What `write_export` gave for this key; None where there is no such file (any more)."""
    note = ctx.settings.folder(*_FOLDER) / f"{key}.json"
    if not note.is_file():
        return None
    done: ExportedFile = json.loads(note.read_text(encoding="utf-8"))
    return done if place_of(ctx, key, done["format"]).is_file() else None


def _clear(ctx: Context) -> None:
    """Exports can be made again at any time: those of yesterday go."""
    for path in ctx.settings.folder(*_FOLDER).iterdir():
        if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _file_name(wish: Wish) -> str:
    """The data set's name, fit for every system's files, with the version and the part."""
    name = re.sub(r'[/\\:*?"<>|]+', "-", clean_name(wish.dataset.name, "data")).strip(". -") or "data"
    part = "" if wish.values["part"] == "all" else f"-{wish.values['part']}"
    return f"{name}-v{wish.version.number}{part}.{_ENDINGS[wish.format]}"
