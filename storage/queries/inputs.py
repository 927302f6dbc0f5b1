"""The data sets that jobs name: by id, and for settings from elsewhere by content or name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import Dataset


def get_dataset(s: Session, dataset_id: int) -> Dataset | None:
    """A data set that was not deleted."""
    return s.scalar(select(Dataset).where(Dataset.id == dataset_id, Dataset.deleted_at.is_(None)))


def find_dataset(s: Session, *, content_hash: str | None = None, name: str | None = None) -> Dataset | None:
    """The newest ready data set with that content, or with that name."""
    wanted = Dataset.content_hash == content_hash if content_hash else Dataset.name == name
    ready = select(Dataset).where(wanted, Dataset.status == "ready", Dataset.deleted_at.is_(None))
    return s.scalar(ready.order_by(Dataset.id.desc()).limit(1))


def taken_dataset_names(s: Session, beside: int = 0) -> set[str]:
    """What the data sets that are there are called, `beside` left out."""
    return set(s.scalars(select(Dataset.name).where(Dataset.deleted_at.is_(None), Dataset.id != beside)))


def datasets_there(s: Session, ids: Iterable[int]) -> set[int]:
    """Those of the ids whose data set was not deleted."""
    return set(s.scalars(select(Dataset.id).where(Dataset.id.in_(list(ids)), Dataset.deleted_at.is_(None))))


def dataset_names(s: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names by id, of deleted ones too."""
    rows = s.execute(select(Dataset.id, Dataset.name).where(Dataset.id.in_(list(ids))))
    return {row[0]: row[1] for row in rows}
