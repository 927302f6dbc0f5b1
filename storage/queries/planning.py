"""What finished jobs say about jobs to come."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.job_tables import Job, JobStatus


def past_rates(s: Session, base_model_id: int, method: str, lane: str, limit: int) -> list[float]:
    """Tokens a second of the newest like jobs that finished on this device."""
    like = (Job.base_model_id == base_model_id, Job.method == method, Job.lane == lane, Job.kind == "train")
    query = select(Job.result).where(*like, Job.status == JobStatus.SUCCEEDED).order_by(Job.id.desc()).limit(limit)
    rates = [result.get("tokens_per_s") for result in s.scalars(query)]
    return [float(rate) for rate in rates if isinstance(rate, (int, float)) and rate > 0]
