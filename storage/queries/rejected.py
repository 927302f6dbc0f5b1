"""Rejected rows of a data set: the first ones of its import."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.tables import RejectedRow


def some(s: Session, dataset_id: int, offset: int, limit: int) -> Sequence[RejectedRow]:
    """Some of them, in the order of the file."""
    mine = select(RejectedRow).where(RejectedRow.dataset_id == dataset_id).order_by(RejectedRow.id)
    return s.scalars(mine.offset(offset).limit(limit)).all()


def get(s: Session, dataset_id: int, rejected_id: int) -> RejectedRow | None:
    """One of them."""
    row = s.get(RejectedRow, rejected_id)
    return row if row is not None and row.dataset_id == dataset_id else None


def counts(s: Session, dataset_id: int) -> tuple[int, int]:
    """How many there are, and how many of these were repaired."""
    mine = select(func.count(RejectedRow.id), func.count(RejectedRow.repaired_at))
    found = s.execute(mine.where(RejectedRow.dataset_id == dataset_id)).one()
    return found[0], found[1]


def mark_repaired(s: Session, dataset_id: int, ids: Sequence[int]) -> None:
    """They are in a version now."""
    mine = update(RejectedRow).where(RejectedRow.dataset_id == dataset_id, RejectedRow.id.in_(ids))
    s.execute(mine.values(repaired_at=time.time()))
