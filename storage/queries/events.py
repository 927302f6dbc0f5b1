"""What happened to jobs, in order."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.job_tables import ACTIVE, JobEvent


def events_after(s: Session, job_id: int, after: int, limit: int) -> list[JobEvent]:
    """Events beyond `after`, oldest first; only the last `limit` of them."""
    newer = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.id > after)
    return list(s.scalars(newer.order_by(JobEvent.id.desc()).limit(limit)))[::-1]


def last_of(s: Session, job_id: int, codes: Collection[str]) -> JobEvent | None:
    """The newest event of a job with one of these codes."""
    mine = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.code.in_(codes))
    return s.scalar(mine.order_by(JobEvent.id.desc()).limit(1))


def first_of(s: Session, job_id: int, code: str) -> JobEvent | None:
    """The oldest event of a job with this code."""
    mine = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.code == code)
    return s.scalar(mine.order_by(JobEvent.id).limit(1))


def running_seconds(s: Session, job_ids: Iterable[int]) -> dict[int, float]:
    """How long each job has run so far: all its attempts together, without the times in which it waited."""
    follows = func.lead(JobEvent.at).over(partition_by=JobEvent.job_id, order_by=JobEvent.id)
    told = select(JobEvent.job_id, JobEvent.code, JobEvent.at, follows.label("until"))
    spans = told.where(JobEvent.kind == "status", JobEvent.job_id.in_(list(job_ids))).subquery()
    length = func.sum(func.coalesce(spans.c.until, time.time()) - spans.c.at)
    rows = s.execute(select(spans.c.job_id, length).where(spans.c.code.in_(ACTIVE)).group_by(spans.c.job_id))
    return {row[0]: max(0.0, row[1]) for row in rows}


def add(s: Session, job_id: int, attempt: int, kind: str, code: str, params: Mapping[str, Any]) -> None:
    """Something that happened to a job, told by the queue."""
    told = {"at": time.time(), "kind": kind, "code": code, "params": dict(params), "step": params.get("step")}
    s.add(JobEvent(job_id=job_id, attempt=attempt, **told))
