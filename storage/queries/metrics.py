"""Metrics, log lines and samples of a job, read by the pages."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.dialect import not_by_index
from storage.job_tables import LogLine, Metric, Sample

Point = tuple[int, float]


def series_after(s: Session, job_id: int, after: int) -> tuple[dict[str, list[Point]], int]:
    """The points of every metric with ids beyond `after`, by name and in order of steps, and the newest id."""
    # By its index, all points of the job would be walked where only the newest rows are asked for.
    of_job = (not_by_index(Metric.job_id) if after else Metric.job_id) == job_id
    newer = select(Metric.id, Metric.name, Metric.step, Metric.value).where(Metric.id > after, of_job)
    rows = s.execute(newer.order_by(Metric.step))
    series: dict[str, list[Point]] = {}
    newest = after
    for row_id, name, step, value in rows:
        series.setdefault(name, []).append((step, value))
        newest = max(newest, row_id)
    return series, newest


def series_of(s: Session, job_ids: Iterable[int], name: str) -> dict[int, list[Point]]:
    """One metric of several jobs, by job, in order of steps."""
    rows = s.execute(
        select(Metric.job_id, Metric.step, Metric.value)
        .where(Metric.job_id.in_(list(job_ids)), Metric.name == name)
        .order_by(Metric.job_id, Metric.step)
    )
    found: dict[int, list[Point]] = {}
    for job_id, step, value in rows:
        found.setdefault(job_id, []).append((step, value))
    return found


def log_after(s: Session, job_id: int, after: int, limit: int) -> list[LogLine]:
    """Log lines beyond `after`, oldest first; only the last `limit` of them."""
    newer = select(LogLine).where(LogLine.job_id == job_id, LogLine.id > after)
    return list(s.scalars(newer.order_by(LogLine.id.desc()).limit(limit)))[::-1]


def samples_after(s: Session, job_id: int, after: int) -> list[Sample]:
    """Answers to the fixed prompts beyond `after`, oldest first."""
    newer = select(Sample).where(Sample.job_id == job_id, Sample.id > after)
    return list(s.scalars(newer.order_by(Sample.id)))
