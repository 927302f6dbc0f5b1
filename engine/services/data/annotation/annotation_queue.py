"""The annotation queue: rows from feedback or from a model. A person approves, corrects or rejects each before it counts."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.importing.names import clean_name
from engine.data.operations.shaping.row_table import is_synthetic
from engine.data.records.bounds import MAX_FIELD
from engine.data.records.encodings import is_damaged
from engine.data.rows.row import Row, answer_of, content_of, kind_of, question_of, texts_of
from engine.data.writers.layout import columns_of
from engine.services.data import datasets, imports, sources
from engine.services.data.versions.versions import append_rows
from engine.shapes.annotation import AddedRows, ReviewQueue, ReviewRowView
from storage.data_tables import ReviewRow
from storage.queries import datasets as dataset_queries
from storage.queries import review as queries

DECISIONS = {"approve": queries.APPROVED, "reject": queries.REJECTED, "wait": queries.WAITING}
OPERATION = "collect"  # as the lineage of versions names it
_MOST_LISTED = 200
_ADDING = threading.Lock()  # a row is added once


def collect(ctx: Context, row: Mapping[str, Any], origin: Mapping[str, Any], dataset: int | None = None) -> int:
    """Put a row into the queue; returns its id there.

    Args:
        row: {"messages"} or another kind's fields, perhaps "extra". Its place in a data set is not kept.
        origin: {"code": "playground" | "rewrite" | ..., "model": name, ...}: who made it.
        dataset: the data set that it is meant for.

    Raises:
        NotFound: There is no such data set.
        Fault: "review.no_question", "review.no_answer", "review.characters", "review.too_long".
    """
    cleaned = clean_row(row)
    with ctx.db.write() as session:
        return collect_within(session, cleaned, origin, dataset)


def collect_within(session: Session, cleaned: Row, origin: Mapping[str, Any], dataset: int | None) -> int:
    """As `collect`, as part of the caller's transaction, of a row that was cleaned. Raises NotFound."""
    if dataset is not None and dataset_queries.get(session, dataset) is None:
        raise NotFound(dataset=dataset)
    made = ReviewRow(dataset_id=dataset, row=cleaned, origin=dict(origin))
    session.add(made)
    session.flush()
    return made.id


def clean_row(row: Mapping[str, Any]) -> Row:
    """What is trained on of the row, with its other columns.

    Raises:
        Fault: "review.too_long", "review.characters", "review.no_answer" or "review.no_question": it cannot be trained on.
    """
    kept = content_of(row) | ({"extra": dict(row["extra"])} if row.get("extra") else {})
    texts = texts_of(kept)
    if any(len(text) > MAX_FIELD for text in texts):
        raise Fault("review.too_long", limit=MAX_FIELD)
    if any("\0" in text or is_damaged(text) for text in texts):
        raise Fault("review.characters")
    if not answer_of(kept).strip():
        raise Fault("review.no_answer")
    if kind_of(kept) != "text" and not question_of(kept).strip():
        raise Fault("review.no_question")
    return kept


def queue(
    ctx: Context, status: str | None = queries.WAITING, offset: int = 0, limit: int = 50, dataset: int | None = None
) -> ReviewQueue:
    """Some rows of one status (None: of any): {"rows", "total", "counts", "targets"}.

    `counts` are by status, and `targets` the data sets that rows are meant for: [{"id", "name", "rows"}].
    """
    with ctx.db.read() as session:
        rows = queries.listed(session, status, dataset, max(0, offset), max(0, min(limit, _MOST_LISTED)))
        counts = queries.counts(session, dataset)
        targets = queries.targets(session)
        names = {target: name for target, name, _ in targets}
        return {
            "rows": [_view(row, names) for row in rows],
            "total": sum(counts.values()) if status is None else counts.get(status, 0),
            "counts": counts,
            "targets": [{"id": target, "name": name, "rows": rows} for target, name, rows in targets],
        }


def _view(row: ReviewRow, names: Mapping[int, str]) -> ReviewRowView:
    keys = ("id", "row", "origin", "status", "dataset_id", "created_at", "updated_at")
    view = {key: getattr(row, key) for key in keys}
    told = view | {"kind": kind_of(row.row), "dataset_name": names.get(row.dataset_id or 0, "")}
    return cast(ReviewRowView, told)


def waiting(ctx: Context) -> int:
    """How many rows wait for a decision."""
    with ctx.db.read() as session:
        return queries.counts(session)[queries.WAITING]


def decide(
    ctx: Context, row_id: int, decision: str, row: Mapping[str, Any] | None = None, *, by_hand: bool = True
) -> ReviewRowView:
    """Approve, reject, put back ("wait") or rewrite ("edit", with the new `row`) one row; returns its view.

    Args:
        by_hand: whether the new text is a person's; False when an edit is taken back.

    Raises:
        NotFound: there is no such row.
        Fault: "review.added" (it is part of a data set and can only be put back), or why the new row cannot be used.
    """
    if row is not None:
        with ctx.db.read() as session:
            _open_row(session, row_id, decision)
        row = clean_row(row)
    with ctx.db.write() as session:
        found = _open_row(session, row_id, decision)
        if row is not None:
            found.row = row
            found.origin = {**found.origin, "edited": by_hand}
        if decision in DECISIONS:
            found.status = DECISIONS[decision]
        session.flush()
        names = {target: name for target, name, _ in queries.targets(session)}
    return _view(found, names)


def _open_row(session: Session, row_id: int, decision: str) -> ReviewRow:
    found = queries.get(session, row_id)
    if found is None:
        raise NotFound(row=row_id)
    if found.status == queries.ADDED and decision != "wait":
        raise Fault("review.added")
    return found


def approve_waiting(ctx: Context, dataset: int | None = None) -> int:
    """Approve every row that waits (and is meant for `dataset`, where one is given); returns how many."""
    with ctx.db.write() as session:
        return queries.move(session, queries.WAITING, queries.APPROVED, dataset)


def forget_rejected(ctx: Context, dataset: int | None = None) -> int:
    """Take the rejected rows off the list; returns how many."""
    with ctx.db.write() as session:
        return queries.forget(session, queries.REJECTED, dataset)


def add_approved(ctx: Context, target: int | str, meant: int | None = None) -> AddedRows:
    """Put the approved rows into a data set (its id) as a new version, or into a new one (its name).

    Args:
        meant: only the rows that are meant for this data set.

    Returns:
        {"dataset", "rows", "left"} with "version", or with "job" where a job makes the version of a large data set.
        `left` counts approved rows of another kind, which stay where they are.

    Raises:
        NotFound, Fault: "review.nothing", "review.no_name", "review.other_kind", or why no version can be made now.
    """
    with _ADDING:
        approved = list(dict(_approved(ctx, meant)).items())  # a row that moved between two slices comes once
        if not approved:
            raise Fault("review.nothing")
        kind = kind_of(approved[0][1]) if isinstance(target, str) else _kind_of_target(ctx, target)
        fitting = [(row_id, row) for row_id, row in approved if kind_of(row) == kind]
        if not fitting:
            raise Fault("review.other_kind", rows=len(approved))
        rows = [row for _, row in fitting]
        ids = [row_id for row_id, _ in fitting]
        made = _as_new(ctx, target, rows, ids) if isinstance(target, str) else _as_version(ctx, target, rows, ids)
    return cast(AddedRows, {**made, "rows": len(rows), "left": len(approved) - len(rows)})


def _approved(ctx: Context, meant: int | None) -> Iterator[tuple[int, Row]]:
    """Every approved row with its id in the queue, its origin written into it."""
    seen = 0
    while True:
        with ctx.db.read() as session:
            part = queries.listed(session, queries.APPROVED, meant, seen, _MOST_LISTED)
        if not part:
            return
        seen += len(part)
        yield from ((found.id, {**found.row, "origin": found.origin}) for found in part)


def _kind_of_target(ctx: Context, target: int) -> str:
    with ctx.db.read() as session:
        found = dataset_queries.get(session, target)
    if found is None:
        raise NotFound(dataset=target)
    return found.kind or ""


def _as_version(ctx: Context, target: int, rows: list[Row], ids: list[int]) -> dict[str, Any]:
    added = [_unlinked(row, target) for row in rows]
    return {"dataset": target, **append_rows(ctx, target, added, OPERATION, {"rows": len(rows)}, reviewed=ids)}


def _unlinked(row: Row, target: int) -> Row:
    """A row that was made from one of another data set ("of") names no row here."""
    origin = row["origin"]
    if "row" not in origin or origin.get("of", target) == target:
        return row
    return {**row, "origin": {key: value for key, value in origin.items() if key != "row"}}


def _as_new(ctx: Context, name: str, rows: list[Row], ids: list[int]) -> dict[str, Any]:
    """A data set of its own, imported from a file as any other is; who made a row stands in a column of it."""
    name = clean_name(name, "")
    if not name:
        raise Fault("review.no_name")
    path = ctx.settings.folder("uploads") / f"{uuid.uuid4().hex}.part"
    try:
        path.write_text("".join(json.dumps(_flat(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        made = sources.add_upload(ctx, path, f"{name}.jsonl")
    finally:
        path.unlink(missing_ok=True)
    view = datasets.dataset_view(ctx, made)
    try:
        imports.import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"])
    except Fault:
        datasets.delete_dataset(ctx, made)
        raise
    with ctx.db.write() as session:
        queries.mark_added(session, ids)
    return {"dataset": made, "version": 1}


def _flat(row: Row) -> dict[str, Any]:
    by = row["origin"].get("model") or row["origin"].get("code", "")
    return {
        **(row.get("extra") or {}),
        **columns_of(row),
        **({"synthetic": True} if is_synthetic(row) else {}),
        "made_by": str(by),
        "edited": bool(row["origin"].get("edited")),
    }
