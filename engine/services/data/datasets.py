"""Data sets: upload, look, map, import, read, delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import free_name
from engine.data.importing.arranging import rearranged
from engine.data.importing.import_rows import preview
from engine.data.importing.names import clean_name
from engine.data.records.bounds import AT_ONCE_SECONDS, ReadingBudget
from engine.data.rows.index import RowIndex
from engine.data.rows.store import remove_rows
from engine.data.samples.builtin import SAMPLES, sample_file
from engine.data.schema.classes import classify_wording
from engine.jobs.kinds import keys_of
from engine.services.data.imports import cancel_import, import_dataset
from engine.services.data.sources import add_upload, at_once, source_of
from engine.services.data.views import get_dataset, load_dataset, view_of, views_of
from engine.shapes.data import DataRow, DatasetBrief, DatasetView, MappingPreview, RowsPage
from storage.queries import datasets as queries
from storage.queries import versions
from storage.queries.inputs import taken_dataset_names
from storage.tables import Dataset

_WORKING = keys_of(lambda kind: not kind.uses_rows)


def ensure_sample(ctx: Context, key: str) -> int:
    """The built-in sample data set in "en" or "zh", imported if it is not there; returns its id. Raises NotFound for another key."""
    if key not in SAMPLES:
        raise NotFound(key=key)
    return ensure_built_in(ctx, key, SAMPLES[key].in_(key), lambda: sample_file(key).read_bytes())


def ensure_built_in(ctx: Context, key: str, name: str, content: Callable[[], bytes]) -> int:
    """A data set that ships with the product, imported if it is not there; returns its id.

    Args:
        key: that it is known by.
        content: of its JSONL file.
    """
    with ctx.db.read() as session:
        if row := queries.sample(session, key):
            return row.id
    copy = ctx.settings.folder("uploads") / f"{uuid.uuid4().hex}.new"
    try:
        copy.write_bytes(content())
    except OSError as error:  # writing, unlike opening, does not say where
        raise OSError(error.errno, error.strerror, str(copy)) from error
    made = add_upload(ctx, copy, f"{key}.jsonl")
    view = dataset_view(ctx, made)
    import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"])
    with ctx.db.write() as session:
        first = queries.sample(session, key)
        if first is None:
            get_dataset(session, made).sample_key = key
            return made
    delete_dataset(ctx, made)  # somebody else asked at the same time
    return first.id


def kind_of(ctx: Context, dataset_id: int) -> str | None:
    """The kind of a data set's rows; None where it is not there, or was not imported."""
    with ctx.db.read() as session:
        row = session.get(Dataset, dataset_id)
        return row.kind if row else None


def _ready(ctx: Context, dataset_id: int) -> tuple[Dataset, Path]:
    """A data set that was imported, with its rows file."""
    row = load_dataset(ctx, dataset_id)
    if row.rows_path is None:
        raise Fault("data.not_imported", name=row.name)
    path = ctx.settings.absolute(row.rows_path)
    if not path.is_file():
        raise Fault("data.file.rows_gone", name=row.name)
    return row, path


def list_datasets(ctx: Context) -> list[DatasetBrief]:
    """Every data set, newest first."""
    with ctx.db.read() as session:
        return views_of(session, queries.newest_first(session))


def dataset_view(ctx: Context, dataset_id: int) -> DatasetView:
    """Everything about one data set except its rows."""
    with ctx.db.read() as session:
        return view_of(session, get_dataset(session, dataset_id))


def preview_mapping(
    ctx: Context,
    dataset_id: int,
    *,
    shape: str | None,
    mapping: Mapping[str, str],
    templates: Mapping[str, Sequence[str]] | None = None,
    encoding: str | None = None,
    options: Mapping[str, Any] | None = None,
    arrange: Mapping[str, Any] | None = None,
    tidy: Sequence[str] = (),
    splits: Mapping[str, Any] | None = None,
    limit: int = 5,
) -> MappingPreview:
    """The first rows as they would be imported. Stores nothing.

    Returns:
        {"rows", "rejected" (the first ones), "rejected_rows" (how many), "checked", "whole" (whether that is every row),
        "columns", "kept" (extra fields), "left_out" ([{"column", "rows", "reads"}], see `LeftOutColumn`), "classes" (name -> rows),
        "wording" (a question that names these classes), "splits" (part -> rows, where the parts are kept),
        "tidy" ([{"key", "rows", "on"}]), "tidy_together"}.
    """
    with at_once():
        budget = ReadingBudget(5 * AT_ONCE_SECONDS)
        source = rearranged(source_of(ctx, load_dataset(ctx, dataset_id), encoding, options, budget), arrange, budget)
    budget = ReadingBudget(AT_ONCE_SECONDS)
    found = preview(source, shape, dict(mapping), limit, templates, budget, tidy, splits)
    rejected = [row.as_dict() for row in found.rejected]
    texts = [row["messages"][-2]["content"] for row in found.rows] if found.classes else []
    column = mapping.get("text")
    wording = classify_wording(sorted(found.classes), column, texts) if found.classes and column else None
    keys = ("rows", "checked", "rejected_rows", "whole", "kept", "classes", "splits", "tidy", "tidy_together")
    shown = {key: getattr(found, key) for key in keys}
    left_out = [asdict(one) for one in found.left_out]
    told = {**shown, "rejected": rejected, "left_out": left_out, "columns": source.columns, "wording": wording}
    return cast(MappingPreview, told)


def dataset_rows(ctx: Context, dataset_id: int, *, offset: int = 0, limit: int = 20, split: str = "all") -> RowsPage:
    """Some rows: {"total", "rows": [{"index", "split", "line", "messages" or "text"}]}; `index` counts within `split`."""
    _row, path = _ready(ctx, dataset_id)
    index, offset = RowIndex.open(path), max(0, offset)
    places = index.places_in(split)
    found = index.rows(places[offset : offset + max(0, min(limit, 200))])
    rows = [cast(DataRow, {"index": at, **one}) for at, one in enumerate(found, offset)]
    return {"total": len(places), "rows": rows}


def rename_dataset(ctx: Context, dataset_id: int, name: str) -> None:
    """Give the data set another name; an empty one changes nothing."""
    with ctx.db.write() as session:
        row = get_dataset(session, dataset_id)
        row.name = free_name(clean_name(name, row.name), taken_dataset_names(session, beside=row.id))


def delete_dataset(ctx: Context, dataset_id: int) -> None:
    """Take the data set off the lists. Its files go too, unless a job or a model was made with them; an import ends."""
    cancel_import(ctx, dataset_id)
    with ctx.db.write() as session:
        row = get_dataset(session, dataset_id)
        queries.mark_deleted(session, row)
        session.flush()
        rows = {row.rows_path, *(version.rows_path for version in versions.all_of(session, dataset_id))}
    for path in filter(None, rows):
        with ctx.db.read() as session:  # asked again before each: another data set may have come to hold the same rows
            free = queries.is_free(session, path, row.id, _WORKING)
        if free:
            remove_rows(ctx.settings.absolute(path))
    if row.rejected_path:
        ctx.settings.absolute(row.rejected_path).unlink(missing_ok=True)
    for path in {row.upload_path, *(source["path"] for source in row.sources)}:
        with ctx.db.read() as session:
            needed = queries.shares_upload(session, path, row.id, _WORKING)
            needed = needed or queries.is_referred_to(session, row.id, _WORKING)
        if not needed:
            ctx.settings.absolute(path).unlink(missing_ok=True)
