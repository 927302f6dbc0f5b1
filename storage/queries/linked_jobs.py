"""Jobs that follow each other: which belong together, and which wait for the results of others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.job_tables import Job, JobStatus

LINK = "stage"  # of a spec: what links its job to others


def awaits_results(job: Any) -> ColumnElement[bool]:
    """Whether a job (or an alias of the table) waits for the results of others."""
    return job.parent_id.is_not(None) & func.coalesce(job.spec[(LINK, "waits")].as_boolean(), False)


def waiting_for_results(s: Session) -> list[Job]:
    """Queued jobs that wait for the results of others, in order."""
    queued = select(Job).where(Job.status == JobStatus.QUEUED, Job.deleted_at.is_(None), awaits_results(Job))
    whole = queued.order_by(Job.position, Job.id).execution_options(populate_existing=True)  # lists have read parts
    return list(s.scalars(whole))


def jobs_of_run(s: Session, run: int) -> list[Job]:
    """Every job of a run of a recipe, the oldest first; hidden ones too. Those of a stage that was begun anew come later."""
    linked = select(Job).where(Job.id >= run, Job.spec[(LINK, "run")].as_integer() == run)
    return list(s.scalars(linked.order_by(Job.id).execution_options(populate_existing=True)))


def links(s: Session, job_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What links jobs to others, by job; without those that stand alone."""
    found = s.execute(select(Job.id, Job.spec[LINK]).where(Job.id.in_(list(job_ids))))
    return {job_id: link for job_id, link in found if link}


def newest_runs(s: Session, limit: int) -> list[Job]:
    """The first jobs of the newest runs."""
    first = select(Job).where(Job.spec[(LINK, "run")].as_integer() == Job.id)
    return list(s.scalars(first.order_by(Job.id.desc()).limit(limit)))


def by_ids(s: Session, job_ids: Iterable[int]) -> dict[int, Job]:
    """Jobs by id, hidden ones too."""
    return {job.id: job for job in s.scalars(select(Job).where(Job.id.in_(list(job_ids))))}
