"""What a worker writes about its job. Every write is fenced: it counts only while the worker's attempt owns an active job."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, null, select, update
from sqlalchemy.orm import Session

from storage.dialect import upsert
from storage.job_tables import ACTIVE, WEIGHTS_ONLY, Checkpoint, Job, JobEvent, JobStatus, LogLine, Metric, Sample
from storage.tables import TunedModel

Row = Mapping[str, Any]


class NotOwner(Exception):
    """The job is no longer this attempt's, or no longer active: nothing was written."""


def begin_run(s: Session, job_id: int, attempt: int) -> float:
    """Turn a starting job into a running one. Raises NotOwner when it is not waiting for this attempt.

    Returns:
        when the attempt was claimed: its time, and that of its limit, begins there.
    """
    waiting = (JobStatus.STARTING, JobStatus.STOPPING)
    mine = (Job.id == job_id, Job.attempt == attempt)
    found = s.execute(select(Job.started_at).where(*mine, Job.status.in_(waiting))).first()
    if found is None:
        raise NotOwner(job_id)
    claimed = float(found[0] or time.time())
    values = {"heartbeat": time.monotonic(), "started_at": claimed, "finished_at": None, "error": null()}
    s.execute(update(Job).where(*mine).values(**values))
    s.execute(update(Job).where(*mine, Job.status == JobStatus.STARTING).values(status=JobStatus.RUNNING))
    return claimed


def beat(s: Session, job_id: int, attempt: int, columns: Row) -> str | None:
    """Heartbeat and progress columns in one fenced update.

    Returns:
        what the user asks of the worker: "stop", "cancel" or None.
    """
    if columns.get("error", ...) is None:
        columns = {**columns, "error": null()}
    owned = update(Job).where(Job.id == job_id, Job.attempt == attempt, Job.status.in_(ACTIVE))
    row = s.execute(owned.values(heartbeat=time.monotonic(), **columns).returning(Job.request)).first()
    if row is None:
        raise NotOwner(job_id)
    request: str | None = row[0]
    return request


def add_metrics(s: Session, rows: Iterable[Row]) -> None:
    """Numbers by (job, name, step); a later one replaces an earlier one."""
    if rows := list(rows):
        s.execute(upsert(Metric, ("job_id", "name", "step"), ("value", "at")), rows)


def add_samples(s: Session, rows: Iterable[Row]) -> None:
    """Answers by (job, step, prompt); a later one replaces an earlier one."""
    if rows := list(rows):
        columns = ("prompt", "expected", "answer", "at")
        s.execute(upsert(Sample, ("job_id", "step", "prompt_index"), columns), rows)


def add_events(s: Session, rows: Iterable[Row]) -> None:
    """Things that happened."""
    if rows := list(rows):
        s.execute(insert(JobEvent), rows)


def add_log_lines(s: Session, rows: Iterable[Row]) -> None:
    """Lines of the worker's log."""
    if rows := list(rows):
        s.execute(insert(LogLine), rows)


def forget_after(s: Session, job_id: int, step: int) -> None:
    """Remove what an earlier attempt wrote beyond the checkpoint that the new one goes on from."""
    s.execute(delete(Metric).where(Metric.job_id == job_id, Metric.step > step))
    s.execute(delete(Sample).where(Sample.job_id == job_id, Sample.step > step))


def checkpoints(s: Session, job_id: int) -> list[Checkpoint]:
    """The checkpoints that are still on disk, newest first."""
    kept = select(Checkpoint).where(Checkpoint.job_id == job_id, Checkpoint.deleted_at.is_(None))
    return list(s.scalars(kept.order_by(Checkpoint.step.desc())))


def add_checkpoint(s: Session, row: Row) -> int:
    """Register a complete checkpoint; one of the same step from an earlier attempt is replaced."""
    s.execute(delete(Checkpoint).where(Checkpoint.job_id == row["job_id"], Checkpoint.step == row["step"]))
    checkpoint = Checkpoint(**row)
    s.add(checkpoint)
    s.flush()
    return checkpoint.id


def keep_weights(s: Session, checkpoint_id: int, sizes: Mapping[str, int]) -> None:
    """Only these of its files, with so many bytes, are about to stay: never offer it for resume again."""
    checkpoint = s.get_one(Checkpoint, checkpoint_id)
    checkpoint.files = {name: checkpoint.files[name] for name in sizes}
    checkpoint.metrics = {**checkpoint.metrics, WEIGHTS_ONLY: True}
    checkpoint.bytes = sum(sizes.values())


def mark_checkpoint_deleted(s: Session, checkpoint_id: int) -> None:
    """The folder is about to go: never offer it for resume again."""
    s.execute(update(Checkpoint).where(Checkpoint.id == checkpoint_id).values(deleted_at=time.time()))


def register_tuned(s: Session, row: Row) -> int:
    """Insert the tuned model of a job, or replace it when a resumed job made a newer one."""
    made = upsert(TunedModel, ("job_id",), row.keys() - {"job_id"}, deleted_at=None).values(**row)
    return int(s.execute(made.returning(TunedModel.id)).scalar_one())
