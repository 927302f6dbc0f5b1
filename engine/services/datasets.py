"""Data sets: upload, look, map, import, read, delete."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.context import Context
from engine.data.builtin import SAMPLES, sample_file
from engine.data.encodings import ENCODINGS
from engine.data.importing import Imported, import_rows, preview
from engine.data.index import RowIndex
from engine.data.names import clean_name
from engine.data.records import show
from engine.data.shapes import classify_wording, shape_of, shapes_view
from engine.data.store import remove_rows
from engine.errors import Fault, NotFound
from engine.services.sources import add_upload, found_columns, source_of
from engine.services.token_counts import token_report
from storage.data_tables import DatasetVersion
from storage.queries import datasets as queries
from storage.queries import versions
from storage.tables import Dataset

__all__ = [
    "add_upload", "dataset_rows", "dataset_view", "delete_dataset", "ensure_sample", "import_dataset", "list_datasets",
    "preview_mapping", "rejected_rows", "rename_dataset", "token_report",
]  # fmt: skip


def ensure_sample(ctx: Context, key: str) -> int:
    """The built-in sample data set in "en" or "zh", imported if it is not there; returns its id."""
    with ctx.db.read() as session:
        if row := queries.sample(session, key):
            return row.id
    if key not in SAMPLES:
        raise NotFound(key=key)
    copy = ctx.settings.folder("uploads") / f"{uuid.uuid4().hex}.new"
    shutil.copyfile(sample_file(key), copy)
    made = add_upload(ctx, copy, f"{key}.jsonl")
    view = dataset_view(ctx, made)
    import_dataset(ctx, made, name=SAMPLES[key].in_(key), shape=view["shape"], mapping=view["mapping"])
    with ctx.db.write() as session:
        first = queries.sample(session, key)
        if first is None:
            _get(session, made).sample_key = key
            return made
    delete_dataset(ctx, made)  # somebody else asked at the same moment
    return first.id


def _get(session: Session, dataset_id: int) -> Dataset:
    row = queries.get(session, dataset_id)
    if row is None:
        raise NotFound(dataset=dataset_id)
    return row


def _load(ctx: Context, dataset_id: int) -> Dataset:
    with ctx.db.read() as session:
        return _get(session, dataset_id)


def _ready(ctx: Context, dataset_id: int) -> tuple[Dataset, Path]:
    """A data set that was imported, with its rows file."""
    row = _load(ctx, dataset_id)
    if row.rows_path is None:
        raise Fault("data.not_imported", name=row.name)
    path = ctx.settings.absolute(row.rows_path)
    if not path.is_file():
        raise Fault("data.file.rows_gone", name=row.name)
    return row, path


def list_datasets(ctx: Context) -> list[dict[str, Any]]:
    """Every data set, newest first."""
    with ctx.db.read() as session:
        return [_view(row) for row in queries.newest_first(session)]


def dataset_view(ctx: Context, dataset_id: int) -> dict[str, Any]:
    """Everything about one data set except its rows."""
    return _view(_load(ctx, dataset_id))


_PLAIN = (
    "id", "name", "status", "source_name", "format", "encoding", "shape", "kind", "columns", "mapping", "templates",
    "options", "accepted", "rejected", "train_rows", "val_rows", "test_rows", "seed", "val_fraction", "stats", "content_hash", "created_at",
    "sample_key", "version",
)  # fmt: skip


def _view(row: Dataset) -> dict[str, Any]:
    return {key: getattr(row, key) for key in _PLAIN} | {
        "detection": row.detection.get("notes", []),
        "shapes": shapes_view(),
        "encodings": list(ENCODINGS) if row.encoding else [],
    }


def preview_mapping(
    ctx: Context,
    dataset_id: int,
    *,
    shape: str | None,
    mapping: Mapping[str, str],
    templates: Mapping[str, Sequence[str]] | None = None,
    encoding: str | None = None,
    options: Mapping[str, Any] | None = None,
    limit: int = 5,
) -> dict[str, Any]:
    """The first rows as they would be imported. Stores nothing.

    Returns:
        {"rows", "rejected", "checked", "columns", "kept" (columns beside the rows), "classes" (name -> rows),
        "wording" (a question that names these classes)}.
    """
    source = source_of(ctx, _load(ctx, dataset_id), encoding, options)
    found = preview(source, shape, dict(mapping), limit, templates)
    rejected = [row.as_dict() for row in found.rejected]
    texts = [row["messages"][-2]["content"] for row in found.rows] if found.classes else []
    column = mapping.get("text")
    wording = classify_wording(sorted(found.classes), column, texts) if found.classes and column else None
    shown = {key: getattr(found, key) for key in ("rows", "checked", "kept", "classes")}
    return {**shown, "rejected": rejected, "columns": source.columns, "wording": wording}


def import_dataset(
    ctx: Context,
    dataset_id: int,
    *,
    name: str,
    shape: str | None,
    mapping: Mapping[str, str],
    val_fraction: float = 0.1,
    seed: int = 42,
    encoding: str | None = None,
) -> dict[str, Any]:
    """Read the whole upload under this mapping, store its rows and split; returns the view.

    Raises:
        Fault: "data.val_fraction", "param.not_whole", a fault of the mapping, or "data.import.none_accepted". Rows of an earlier import stay.
    """
    _check_split(val_fraction, seed)
    row = _load(ctx, dataset_id)
    source = source_of(ctx, row, encoding)
    folder = ctx.settings.folder("datasets")
    done = import_rows(source, shape, dict(mapping), folder, val_fraction=val_fraction, seed=seed)
    if done.stored is None:
        raise _none_accepted(ctx, row, done)
    fields = found_columns(ctx, source) | {
        "name": clean_name(name, row.name),
        "status": "ready",
        "shape": shape,
        "kind": shape_of(shape).kind,
        "mapping": {key: column for key, column in mapping.items() if column},
        "seed": seed,
        "val_fraction": val_fraction,
    }
    return _store(ctx, dataset_id, done, fields)


def _check_split(val_fraction: float, seed: int) -> None:
    if not isinstance(val_fraction, (int, float)) or not 0 <= val_fraction <= 0.9:
        raise Fault("data.val_fraction", value=show(val_fraction))
    if not isinstance(seed, int):
        raise Fault("param.not_whole", value=show(seed))


def _none_accepted(ctx: Context, row: Dataset, done: Imported) -> Fault:
    """Keep the reasons of a draft, so that the page can show them; a ready data set stays as it was."""
    if row.status == "draft":
        with ctx.db.write() as session:
            queries.replace_rejected(session, row.id, [item.as_dict() for item in done.kept])
            _get(session, row.id).rejected = done.rejected
    return Fault("data.import.none_accepted", rejected=done.rejected)


def _store(ctx: Context, dataset_id: int, done: Imported, fields: dict[str, Any]) -> dict[str, Any]:
    """Point the data set at the new rows, which become its next version."""
    stored = done.stored
    assert stored is not None
    counts = {"train_rows": stored.train_rows, "val_rows": stored.val_rows, "test_rows": stored.test_rows}
    content = {
        "rows_path": ctx.settings.relative(stored.path),
        "content_hash": stored.content_hash,
        "stats": done.stats | {"rejected_kept": len(done.kept)},
        **counts,
    }
    with ctx.db.write() as session:
        row = _get(session, dataset_id)
        number = versions.next_number(session, dataset_id)
        session.add(DatasetVersion(dataset_id=dataset_id, number=number, operation="import", **content))
        accepted = sum(counts.values())
        changed = fields | content | {"version": number, "accepted": accepted, "rejected": done.rejected}
        for key, value in changed.items():
            setattr(row, key, value)
        queries.replace_rejected(session, dataset_id, [item.as_dict() for item in done.kept])
        session.flush()
        return _view(row)


def dataset_rows(
    ctx: Context, dataset_id: int, *, offset: int = 0, limit: int = 20, split: str = "all"
) -> dict[str, Any]:
    """Some rows: {"total", "rows": [{"index", "split", "line", "messages" or "text"}]}; `index` counts within `split`."""
    _row, path = _ready(ctx, dataset_id)
    index, offset = RowIndex.open(path), max(0, offset)
    places = index.places_in(split)
    found = index.rows(places[offset : offset + max(0, min(limit, 200))])
    return {"total": len(places), "rows": [{"index": at, **one} for at, one in enumerate(found, offset)]}


def rejected_rows(ctx: Context, dataset_id: int, *, offset: int = 0, limit: int = 50) -> dict[str, Any]:
    """Some rejected rows with their reasons; `total` counts those that were kept."""
    with ctx.db.read() as session:
        _get(session, dataset_id)
        found = queries.rejected(session, dataset_id, offset, max(0, min(limit, 500)))
        keys = ("line", "row", "column", "code", "params", "raw")
        rows = [{key: getattr(one, key) for key in keys} for one in found]
        return {"total": queries.rejected_count(session, dataset_id), "rows": rows}


def rename_dataset(ctx: Context, dataset_id: int, name: str) -> None:
    """Give the data set another name; an empty one changes nothing."""
    with ctx.db.write() as session:
        row = _get(session, dataset_id)
        row.name = clean_name(name, row.name)


def delete_dataset(ctx: Context, dataset_id: int) -> None:
    """Take the data set off the lists. Its files go too, unless a job or a model was made with them."""
    with ctx.db.write() as session:
        row = _get(session, dataset_id)
        queries.mark_deleted(session, row)
        session.flush()
        rows = {row.rows_path, *(version.rows_path for version in versions.all_of(session, dataset_id))}
        for path in filter(None, rows):
            if queries.is_free(session, path, row.id):
                remove_rows(ctx.settings.absolute(path))
        for path in {row.upload_path, *(source["path"] for source in row.sources)}:
            if not queries.shares_upload(session, path, row.id) and not queries.is_referred_to(session, row.id):
                ctx.settings.absolute(path).unlink(missing_ok=True)
