"""Versions of a data set: each is made by an operation from the one in use, and none is ever changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.operations import operation_of
from engine.data.operations.adding import ADD_ROWS
from engine.data.operations.base import Row
from engine.data.operations.source import RowsSource
from engine.data.rows.index import RowIndex
from engine.data.rows.row import kind_of
from engine.data.rows.store import StoredVersion, read_rows, remove_rows, write_version
from engine.jobs.kinds import keys_of
from engine.jobs.kinds.new_version import NEW_VERSION
from engine.jobs.queue import enqueue, same_job
from engine.services.data.versions.recipes import Recipe
from engine.services.data.versions.sources import open_source, refuse_kind, rows_of_others, values_of
from engine.services.data.versions.version_files import ready, version_file
from engine.shapes.versions import MadeVersion, VersionView
from storage.data_tables import DatasetVersion
from storage.queries import rejected as rejected_queries
from storage.queries import review as review_queries
from storage.queries import versions as queries
from storage.queries.datasets import get
from storage.tables import Dataset

IN_PLACE_ROWS = 20_000  # with more rows, a job makes the version
REPAIRED = "repaired"  # rows that an import rejected, put right: the setting "rejected" has their ids
_CHANGING = keys_of(lambda kind: kind.changes_rows)
_TRAINING = keys_of(lambda kind: kind.trains)
_LOCKS: defaultdict[int, Lock] = defaultdict(Lock)  # by data set: versions are made one after another
Transaction = Callable[[], AbstractContextManager[Session]]


def apply(ctx: Context, dataset: int, key: str, values: Mapping[str, Any], *, base: int | None = None) -> MadeVersion:
    """Make the next version by an operation: {"version": number}, or {"job": id} where there are many rows.

    Args:
        base: the version that the user looked at. The same call again (a double click) then gives the same version, and
            one for a version that is no longer in use is refused.

    Raises:
        SpecError: with every fault of the settings, by "operation.<key>".
        Fault: "data.version.moved_on", "data.version.busy", "data.version.nothing_changed", "data.version.empty", or why
            the operation cannot work on this data.
        NotFound: there is no such data set or operation.
    """
    return _start(ctx, dataset, Recipe(key, values_of(operation_of(key), values)), base)


def apply_edits(
    ctx: Context, dataset: int, edits: Sequence[Row], drops: Sequence[int], *, base: int | None = None
) -> MadeVersion:
    """As `apply`: the next version has these rows in place of those with their ids, and none with an id in `drops`."""
    values = {"edits": {str(row["id"]): row for row in edits}, "drops": sorted(drops)}
    return _start(ctx, dataset, Recipe("edit_rows", values), base)


def append_rows(
    ctx: Context,
    dataset: int,
    rows: Sequence[Row],
    operation: str,
    params: Mapping[str, Any],
    *,
    base: int | None = None,
    reviewed: Sequence[int] = (),
) -> MadeVersion:
    """As `apply`: the next version has these rows behind the others. They get new ids; without a split, they are trained on.

    Args:
        operation, params: what the lineage says of it.
        reviewed: ids of the rows in the queue of rows to review, which are marked as added when the version is there.
    """
    values = {"rows": list(rows), "reviewed": list(reviewed)}
    return _start(ctx, dataset, Recipe(ADD_ROWS.key, values, operation, dict(params)), base)


def add_rows(ctx: Context, dataset: int, rows: Sequence[Row], operation: str, params: Mapping[str, Any]) -> int:
    """As `append_rows`, at once however many rows there are; returns the version's number."""
    recipe = Recipe(ADD_ROWS.key, {"rows": list(rows)}, operation, dict(params))
    with _LOCKS[dataset]:
        with ctx.db.read() as s:
            _refuse_busy(s, ready(ctx, dataset))
        return make_version(ctx, dataset, recipe)


def _start(ctx: Context, dataset: int, recipe: Recipe, base: int | None) -> MadeVersion:
    row = ready(ctx, dataset)
    refuse_kind(recipe.found(), row)
    others = rows_of_others(ctx, recipe.found(), recipe.values)
    with _LOCKS[dataset]:
        with ctx.db.write() as s:
            row = _get(s, dataset)
            if known := _made_already(s, row, recipe, base):
                return known
            if row.train_rows + row.val_rows + row.test_rows + others > IN_PLACE_ROWS:
                return {"job": _queue(s, row, recipe)}
        return {"version": make_version(ctx, dataset, recipe)}


def _get(s: Session, dataset: int) -> Dataset:
    row = get(s, dataset)
    if row is None:
        raise NotFound(dataset=dataset)
    return row


def _refuse_busy(s: Session, row: Dataset) -> None:
    if queries.unfinished_job(s, row.id, _CHANGING):
        raise Fault("data.version.busy", name=row.name)


def _made_already(s: Session, row: Dataset, recipe: Recipe, base: int | None) -> MadeVersion | None:
    """What an earlier call with the same wish made, or is about to make. Raises where something else came between."""
    known = same_job(s, NEW_VERSION, spec={"recipe": _stored(recipe)}, dataset_id=row.id)
    if known is not None:
        return {"job": known}
    _refuse_busy(s, row)
    if base is None or base == row.version:
        return None
    now = queries.numbered(s, row.id, row.version)
    if now is not None and (now.parent, now.operation, now.params) == (base, recipe.key, recipe.kept):
        return {"version": now.number}
    raise Fault("data.version.moved_on", base=base, number=row.version)


def _stored(recipe: Recipe) -> dict[str, Any]:
    """The recipe as a job's spec holds it."""
    stored: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return stored


def _queue(s: Session, row: Dataset, recipe: Recipe) -> int:
    spec = {"recipe": _stored(recipe), "base": row.version}
    return enqueue(s, NEW_VERSION, name=row.name, spec=spec, dataset_id=row.id)


def make_version(
    ctx: Context,
    dataset: int,
    recipe: Recipe,
    *,
    base: int | None = None,
    tell: Callable[[int], None] = lambda _rows: None,
    passed: Callable[[int], None] = lambda _rows: None,
    transaction: Transaction | None = None,
) -> int:
    """Run the recipe on a version (the one in use) and keep what it gives; returns the new version's number.

    It comes into use, unless another one did meanwhile.

    Args:
        tell: is called now and then with the number of rows so far; what it raises ends the work and leaves nothing.
        passed: the same with the number of rows that were read in the pass at hand: an operation may read all before it writes.
        transaction: in which the version is written down.
    """
    parent, path = version_file(ctx, dataset, base)
    with open_source(ctx, parent, path, passed=passed) as source:
        rows = _counted(recipe.found().run(source, recipe.values))
        stored = write_version(path.parent, rows, source.index, tell)
        _refuse_same(ctx, parent, path, stored)
        made = _version_of(ctx, parent, recipe, stored, source)
        kind = _kind_of(stored.path)
        with (transaction or ctx.db.write)() as s:
            return _keep(s, parent, recipe, made, kind)


def _refuse_same(ctx: Context, parent: DatasetVersion, path: Path, stored: StoredVersion) -> None:
    """A version of the very rows that it was made from is none. Files of before hold no ids, so rows are compared as well."""
    if stored.content_hash == parent.content_hash:
        raise Fault("data.version.nothing_changed")
    if any(stored.summary.values()) or any(
        a != b for a, b in zip(read_rows(path), read_rows(stored.path), strict=True)
    ):
        return
    with ctx.db.read() as s:
        needed = queries.with_content(s, stored.content_hash) is not None
    if not needed:
        remove_rows(stored.path)
    raise Fault("data.version.nothing_changed")


def _counted(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, provided that there is one."""
    first = next(iter(rows), None)
    if first is None:
        raise Fault("data.version.empty")
    return chain([first], rows)


def _version_of(
    ctx: Context, parent: DatasetVersion, recipe: Recipe, stored: StoredVersion, source: RowsSource
) -> DatasetVersion:
    """A version as it will be written down, but for its number."""
    of_import = {key: parent.stats[key] for key in ("reasons", "rejected_kept") if key in parent.stats}
    return DatasetVersion(
        dataset_id=parent.dataset_id,
        parent=parent.number,
        operation=recipe.key,
        params=recipe.kept,
        summary={**stored.summary, "last_id": source.last_id},
        rows_path=ctx.settings.relative(stored.path),
        content_hash=stored.content_hash,
        train_rows=stored.train_rows,
        val_rows=stored.val_rows,
        test_rows=stored.test_rows,
        stats=stored.stats | of_import,
    )


def _keep(s: Session, parent: DatasetVersion, recipe: Recipe, version: DatasetVersion, kind: str) -> int:
    row = _get(s, parent.dataset_id)
    version.number = queries.next_number(s, row.id)
    s.add(version)
    if recipe.key == REPAIRED:
        rejected_queries.mark_repaired(s, row.id, recipe.params["rejected"])
    review_queries.mark_added(s, recipe.values.get("reviewed", ()))
    if row.version == parent.number:
        _put_in_use(row, version, kind)
    return version.number


def _kind_of(rows: Path) -> str:
    return kind_of(RowIndex.open(rows).rows([0])[0])


def _put_in_use(row: Dataset, version: DatasetVersion, kind: str) -> None:
    """The data set's own columns are those of the version in use."""
    row.version, row.kind = version.number, kind
    row.accepted = version.train_rows + version.val_rows + version.test_rows
    for key in ("rows_path", "content_hash", "train_rows", "val_rows", "test_rows", "stats"):
        setattr(row, key, getattr(version, key))


def use_version(ctx: Context, dataset: int, number: int) -> None:
    """Work with an older (or newer) version from now on; jobs that were started keep their own rows.

    Raises:
        NotFound: there is no such data set or version.
        Fault: "data.version.busy" while a job is about to make one, or "data.file.rows_gone".
    """
    kind = _kind_of(version_file(ctx, dataset, number)[1])
    with _LOCKS[dataset], ctx.db.write() as s:
        row = _get(s, dataset)
        version = queries.numbered(s, dataset, number)
        if version is None:
            raise NotFound(dataset=dataset, version=number)
        _refuse_busy(s, row)
        _put_in_use(row, version, kind)


def job_under_way(ctx: Context, dataset: int) -> int | None:
    """The job that is about to make a version of the data set."""
    with ctx.db.read() as s:
        job = queries.unfinished_job(s, dataset, (NEW_VERSION.key,))
    return None if job is None else job.id


_SHOWN = (
    "number", "parent", "operation", "params", "summary", "train_rows", "val_rows", "test_rows", "content_hash",
    "created_at",
)  # fmt: skip


def versions_of(ctx: Context, dataset: int) -> list[VersionView]:
    """Every version, the newest first: {number, parent, operation, params, summary, train_rows, val_rows, test_rows,
    rows, content_hash, created_at, in_use, jobs: training jobs that were started on its rows}."""
    row = ready(ctx, dataset)
    with ctx.db.read() as s:
        found, trained = queries.all_of(s, dataset), queries.trained_with(s, dataset, _TRAINING)
    shown = (
        {key: getattr(one, key) for key in _SHOWN}
        | {
            "rows": one.train_rows + one.val_rows + one.test_rows,
            "in_use": one.number == row.version,
            "jobs": trained.get(one.content_hash, 0),
        }
        for one in reversed(found)
    )
    return [cast(VersionView, one) for one in shown]
