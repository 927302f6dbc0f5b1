"""What an upload is: encoding, format, columns, shape, each with the reason, so that nothing is guessed silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine.data.csv_reader import read_csv
from engine.data.encodings import Encoding, detect_encoding, known_encoding
from engine.data.formats import Format, detect_text_format, is_parquet
from engine.data.json_reader import read_json
from engine.data.jsonl_reader import read_jsonl
from engine.data.parquet_reader import open_parquet, read_parquet, unusable_columns
from engine.data.records import MAX_NAME, Record, Rejected, clip, show
from engine.data.shapes import guess_shape
from engine.data.text_reader import read_text
from engine.errors import Fault

_LOOK_ROWS = 200
_MAX_COLUMNS = 200


@dataclass(frozen=True)
class Sniffed:
    """An upload as it was understood. `notes` are {"what", "value", "code", "params"} with sentences `detect.<code>`."""

    path: Path
    format: str
    encoding: str | None
    options: dict[str, Any]
    columns: list[str]
    shape: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def records(self) -> Iterator[Record | Rejected]:
        """Every row of the file."""
        return read_records(self.path, self.format, self.encoding, self.options)


def read_records(
    path: Path, format_name: str, encoding: str | None, options: Mapping[str, Any]
) -> Iterator[Record | Rejected]:
    """Every row of a file whose format is known."""
    text = encoding or "utf-8"
    if format_name == "parquet":
        return read_parquet(path)
    if format_name == "jsonl":
        return read_jsonl(path, text)
    if format_name == "json":
        return read_json(path, text, options.get("key"))
    if format_name == "txt":
        return read_text(path, text, options["unit"])
    return read_csv(path, text, options["delimiter"])


def sniff(path: Path, filename: str, encoding: str | None = None) -> Sniffed:
    """Understand a file by its content; `encoding` overrides what its bytes say.

    Raises:
        Fault: with a sentence that says why the file cannot be used and what to do.
    """
    if is_parquet(path):
        return _sniff_parquet(path)
    chosen = _chosen(path, encoding)
    form = detect_text_format(path, chosen.name, filename)
    notes = [
        _note("encoding", chosen.name, chosen.code, chosen.params),
        _note("format", form.name, form.code, form.params),
    ]
    return _with_shape(Sniffed(path, form.name, chosen.name, form.options, [], notes=notes), form)


def _chosen(path: Path, encoding: str | None) -> Encoding:
    if not encoding:
        return detect_encoding(path)
    name = known_encoding(encoding)
    return Encoding(name, "encoding.chosen", {"encoding": name})


def _sniff_parquet(path: Path) -> Sniffed:
    file = open_parquet(path)
    form = Format("parquet", "format.parquet", {"rows": file.metadata.num_rows})
    notes = [_note("format", "parquet", form.code, form.params)]
    for name, kind in unusable_columns(file).items():
        notes.append(
            _note("columns", clip(name, MAX_NAME), "columns.unusable", {"column": clip(name, MAX_NAME), "type": kind})
        )
    return _with_shape(Sniffed(path, "parquet", None, {}, [], notes=notes), form)


def _with_shape(source: Sniffed, form: Format) -> Sniffed:
    looked = list(islice(source.records(), _LOOK_ROWS))
    rows = [item.values for item in looked if isinstance(item, Record)]
    if not rows:
        raise _no_rows(looked)
    names = dict.fromkeys(name for row in rows for name in row if clip(name, MAX_NAME) == name)
    columns = list(names)[:_MAX_COLUMNS]
    guess = guess_shape(columns, rows)
    if form.name == "txt":
        guess.remarks = [("shape.text", {})]
    notes = [*source.notes, *_column_notes(columns, rows, form)]
    for code, params in guess.remarks:
        what, value = ("columns", params["columns"]) if code.startswith("columns") else ("shape", guess.shape)
        notes.append(_note(what, value, code, {key: clip(str(text), 300) for key, text in params.items()}))
    return replace(source, columns=columns, shape=guess.shape, mapping=guess.mapping, notes=notes)


def _no_rows(looked: list[Record | Rejected]) -> Fault:
    first = looked[0] if looked else None
    if isinstance(first, Rejected):
        return Fault("data.file.no_good_rows", rows=len(looked), line=first.line or first.row or 1)
    return Fault("data.file.no_rows")


def _column_notes(columns: list[str], rows: list[dict[str, Any]], form: Format) -> list[dict[str, Any]]:
    if form.name == "txt":
        return []
    shown = clip(", ".join(columns), 300)
    notes = [_note("columns", shown, "columns.found", {"columns": shown, "count": len(columns)})]
    if form.renamed:
        notes.append(_note("columns", shown, "columns.renamed", {"columns": show(", ".join(form.renamed))}))
    mixed = sum(len(row) < len(columns) for row in rows)
    if mixed:
        notes.append(_note("columns", shown, "columns.mixed", {"rows": mixed, "looked": len(rows)}))
    return notes


def _note(what: str, value: Any, code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"what": what, "value": value, "code": code, "params": dict(params)}
