"""Versions of data sets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.data_tables import DatasetVersion
from storage.job_tables import UNFINISHED, Job


def all_of(s: Session, dataset_id: int) -> Sequence[DatasetVersion]:
    """Every version of a data set, the first one first."""
    mine = select(DatasetVersion).where(DatasetVersion.dataset_id == dataset_id)
    return s.scalars(mine.order_by(DatasetVersion.number)).all()


def numbered(s: Session, dataset_id: int, number: int) -> DatasetVersion | None:
    """One version."""
    return s.scalar(select(DatasetVersion).filter_by(dataset_id=dataset_id, number=number))


def next_number(s: Session, dataset_id: int) -> int:
    """The number of the version that is made next."""
    last = s.scalar(select(func.max(DatasetVersion.number)).where(DatasetVersion.dataset_id == dataset_id))
    return 1 + (last or 0)


def with_content(s: Session, content_hash: str) -> DatasetVersion | None:
    """A version, of any data set, with this very content."""
    return s.scalar(select(DatasetVersion).where(DatasetVersion.content_hash == content_hash).limit(1))


def unfinished_job(s: Session, dataset_id: int, kinds: Sequence[str]) -> Job | None:
    """A job of these kinds that waits or goes on, and is about to change the data set."""
    going = Job.status.in_(UNFINISHED)
    return s.scalar(select(Job).where(Job.dataset_id == dataset_id, Job.kind.in_(kinds), going).limit(1))


def trained_with(s: Session, dataset_id: int, kinds: Sequence[str]) -> dict[str, int]:
    """How many jobs of these kinds started on which content of the data set: content hash -> jobs that were not deleted."""
    of = select(Job.spec).where(Job.dataset_id == dataset_id, Job.kind.in_(kinds), Job.deleted_at.is_(None))
    counts: dict[str, int] = {}
    for spec in s.scalars(of):
        content = str(spec.get("dataset_hash") or "")
        counts[content] = counts.get(content, 0) + 1
    return counts
