"""What happened to jobs, in order."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.job_tables import JobEvent


def events_after(s: Session, job_id: int, after: int, limit: int) -> list[JobEvent]:
    """Events beyond `after`, oldest first; only the last `limit` of them."""
    newer = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.id > after)
    return list(s.scalars(newer.order_by(JobEvent.id.desc()).limit(limit)))[::-1]
