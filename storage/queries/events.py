"""What happened to jobs, in order."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.job_tables import JobEvent


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


def add(s: Session, job_id: int, attempt: int, kind: str, code: str, params: Mapping[str, Any]) -> None:
    """Something that happened to a job, told by the queue."""
    told = {"at": time.time(), "kind": kind, "code": code, "params": dict(params), "step": params.get("step")}
    s.add(JobEvent(job_id=job_id, attempt=attempt, **told))
