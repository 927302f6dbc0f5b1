"""Comparisons and the jobs that belong to them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.comparison_tables import Comparison, ComparisonEntry
from storage.job_tables import Job
from storage.tables import TunedModel


def get_comparison(s: Session, comparison_id: int) -> Comparison | None:
    """A comparison that was not deleted."""
    return s.scalar(select(Comparison).where(Comparison.id == comparison_id, Comparison.deleted_at.is_(None)))


def by_key(s: Session, key: str) -> Comparison | None:
    """The comparison that was started with this idempotency key."""
    return s.scalar(select(Comparison).where(Comparison.idempotency_key == key))


def newest(s: Session, limit: int) -> list[Comparison]:
    """Comparisons that were not deleted, the newest first."""
    shown = select(Comparison).where(Comparison.deleted_at.is_(None))
    return list(s.scalars(shown.order_by(Comparison.id.desc()).limit(limit)))


def taken_comparison_names(s: Session) -> set[str]:
    """What the comparisons that are there are called."""
    return set(s.scalars(select(Comparison.name).where(Comparison.deleted_at.is_(None))))


def forget(comparison: Comparison) -> None:
    """Hide it; its jobs stay."""
    comparison.deleted_at = time.time()


def entries_of(s: Session, comparison_id: int) -> list[ComparisonEntry]:
    """Its entries, in the order in which they were made."""
    mine = select(ComparisonEntry).where(ComparisonEntry.comparison_id == comparison_id)
    return list(s.scalars(mine.order_by(ComparisonEntry.id)))


def jobs_of(s: Session, comparison_id: int) -> dict[int, Job]:
    """The jobs of its entries by id, those hidden from the list of jobs too."""
    mine = select(ComparisonEntry.job_id).where(ComparisonEntry.comparison_id == comparison_id)
    return {job.id: job for job in s.scalars(select(Job).where(Job.id.in_(mine)))}


def bytes_of(s: Session, job_ids: Iterable[int]) -> dict[int, int]:
    """Disk size of what each job made, kept or not."""
    rows = s.execute(select(TunedModel.job_id, TunedModel.bytes).where(TunedModel.job_id.in_(list(job_ids))))
    return {row[0]: row[1] for row in rows}


def statuses(s: Session, comparison_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Of each comparison: how many of its jobs are in which state."""
    counted = (
        select(ComparisonEntry.comparison_id, Job.status, func.count())
        .join(Job, Job.id == ComparisonEntry.job_id)
        .where(ComparisonEntry.comparison_id.in_(list(comparison_ids)))
        .group_by(ComparisonEntry.comparison_id, Job.status)
    )
    found: dict[int, dict[str, int]] = {}
    for comparison_id, status, count in s.execute(counted):
        found.setdefault(comparison_id, {})[status] = count
    return found


def of_jobs(s: Session, job_ids: Iterable[int]) -> dict[int, int]:
    """Of each job that belongs to a comparison: the comparison."""
    mine = (
        select(ComparisonEntry.job_id, ComparisonEntry.comparison_id)
        .join(Comparison, Comparison.id == ComparisonEntry.comparison_id)
        .where(ComparisonEntry.job_id.in_(list(job_ids)), Comparison.deleted_at.is_(None))
    )
    return {row[0]: row[1] for row in s.execute(mine)}
