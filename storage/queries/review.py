"""Rows that wait for a person's eye."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from storage.data_tables import ReviewRow
from storage.tables import Dataset

WAITING, APPROVED, REJECTED, ADDED = STATUSES = ("waiting", "approved", "rejected", "added")
_AT_ONCE = 1_000  # ids in one statement


def get(session: Session, row_id: int) -> ReviewRow | None:
    """The row, unless it was deleted."""
    row = session.get(ReviewRow, row_id)
    return row if row and row.deleted_at is None else None


def _kept(status: str | None, dataset: int | None) -> list[ColumnElement[bool]]:
    """Conditions: not deleted, of one status and meant for one data set where these are given."""
    conditions: list[ColumnElement[bool]] = [ReviewRow.deleted_at.is_(None)]
    if status is not None:
        conditions.append(ReviewRow.status == status)
    if dataset is not None:
        conditions.append(ReviewRow.dataset_id == dataset)
    return conditions


def listed(session: Session, status: str | None, dataset: int | None, offset: int, limit: int) -> Sequence[ReviewRow]:
    """Some of the rows, the oldest first; of one status and meant for one data set where these are given."""
    query = select(ReviewRow).where(*_kept(status, dataset)).order_by(ReviewRow.id)
    return session.scalars(query.offset(offset).limit(limit)).all()


def counts(session: Session, dataset: int | None = None) -> dict[str, int]:
    """How many rows there are of each status."""
    query = select(ReviewRow.status, func.count()).where(*_kept(None, dataset)).group_by(ReviewRow.status)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {status: found.get(status, 0) for status in STATUSES}


def targets(session: Session) -> list[tuple[int, str, int]]:
    """The data sets that rows are meant for: (id, name, rows not yet added), the most wanted first."""
    rows = func.count(ReviewRow.id)
    query = (
        select(Dataset.id, Dataset.name, rows)
        .join(ReviewRow, ReviewRow.dataset_id == Dataset.id)
        .where(Dataset.deleted_at.is_(None), ReviewRow.deleted_at.is_(None), ReviewRow.status != ADDED)
        .group_by(Dataset.id)
        .order_by(rows.desc(), Dataset.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def move(session: Session, before: str, after: str, dataset: int | None = None) -> int:
    """Give rows of one status another; returns how many."""
    query = update(ReviewRow).where(*_kept(before, dataset))
    return len(session.execute(query.values(status=after).returning(ReviewRow.id)).all())


def mark_added(session: Session, ids: Sequence[int]) -> None:
    """They are in a data set now, whatever was decided meanwhile."""
    for start in range(0, len(ids), _AT_ONCE):
        mine = ReviewRow.id.in_(ids[start : start + _AT_ONCE])
        session.execute(update(ReviewRow).where(mine).values(status=ADDED))


def forget(session: Session, status: str, dataset: int | None = None) -> int:
    """Take every row of one status off the list; returns how many."""
    query = update(ReviewRow).where(*_kept(status, dataset))
    return len(session.execute(query.values(deleted_at=time.time()).returning(ReviewRow.id)).all())
