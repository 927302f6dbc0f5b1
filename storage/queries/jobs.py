"""Jobs: the queue, who works on what, and lists. What a worker writes is in `reporting`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, exists, func, null, select, update
from sqlalchemy.orm import Session, aliased

from storage.job_tables import ACTIVE, UNFINISHED, WEIGHTS_ONLY, Checkpoint, Job, JobEvent, JobStatus
from storage.model_status import KNOWN
from storage.queries.job_search import ended_or_asked
from storage.queries.linked_jobs import awaits_results
from storage.tables import LanguageModel, TunedModel


def get_job(s: Session, job_id: int, kind: str | None = None) -> Job | None:
    """A job that was not deleted, provided that it is of that kind."""
    of_kind = [] if kind is None else [Job.kind == kind]
    return s.scalar(select(Job).where(Job.id == job_id, Job.deleted_at.is_(None), *of_kind))


def names(s: Session, job_ids: Iterable[int]) -> dict[int, str]:
    """Names by id, of deleted ones too."""
    rows = s.execute(select(Job.id, Job.name).where(Job.id.in_(list(job_ids))))
    return {row[0]: row[1] for row in rows}


def job_by_key(s: Session, key: str) -> Job | None:
    """The job that was started with this idempotency key."""
    return s.scalar(select(Job).where(Job.idempotency_key == key))


def taken_names(s: Session, kind: str) -> set[str]:
    """What jobs of a kind are called, and the tuned models that are still there."""
    shown = select(Job.name).where(Job.kind == kind, Job.deleted_at.is_(None))
    made = select(TunedModel.name).where(TunedModel.deleted_at.is_(None))
    return {*s.scalars(shown), *s.scalars(made)}


def add_job(s: Session, job: Job) -> int:
    """Insert a job at the end of its lane's queue."""
    job.position = 1.0 + (s.scalar(select(func.max(Job.position)).where(Job.lane == job.lane)) or 0.0)
    s.add(job)
    s.flush()
    return job.id


def newest_jobs(s: Session, limit: int, kinds: Sequence[str] = (), *, hidden: Sequence[str] = ()) -> list[Job]:
    """Jobs that were not deleted: active ones first, then queued ones in order, then the newest.

    Args:
        kinds: these alone; where it is empty, all but the `hidden` ones, which are shown only while they run.
    """
    rank = case((Job.status.in_(ACTIVE), 0), (Job.status == JobStatus.QUEUED, 1), else_=2)
    place = case((Job.status == JobStatus.QUEUED, Job.position), else_=0.0)
    shown = select(Job).where(Job.deleted_at.is_(None))
    shown = shown.where(Job.kind.in_(kinds) if kinds else Job.kind.not_in(hidden) | Job.status.in_(ACTIVE))
    return list(s.scalars(shown.order_by(rank, place, ended_or_asked().desc(), Job.id.desc()).limit(limit)))


def alike(
    s: Session,
    kind: str,
    *,
    statuses: Sequence[JobStatus] = tuple(JobStatus),
    deleted: bool = False,
    limit: int | None = None,
    **columns: Any,
) -> list[Job]:
    """Jobs of one kind whose columns have these values, the newest first.

    Args:
        deleted: those too that were taken off the lists.
    """
    found = select(Job).filter_by(kind=kind, **columns).where(Job.status.in_(statuses))
    found = found if deleted else found.where(Job.deleted_at.is_(None))
    return list(s.scalars(found.order_by(Job.id.desc()).limit(limit)))


def active_jobs(s: Session) -> list[Job]:
    """Jobs that hold their lane."""
    return list(s.scalars(select(Job).where(Job.status.in_(ACTIVE))))


def any_queued(s: Session) -> bool:
    """Whether a job waits, in any lane."""
    waiting = select(Job.id).where(Job.status == JobStatus.QUEUED, Job.deleted_at.is_(None))
    return s.scalar(waiting.limit(1)) is not None


def uses_of_model(s: Session, base_model_id: int) -> int:
    """How many unfinished jobs need a base model."""
    used = select(func.count()).where(Job.base_model_id == base_model_id, Job.status.in_(UNFINISHED))
    return s.scalar(used) or 0


# ------------------------------------------------------------------ the queue


def claim_next(s: Session, *, nonce: str, boot_id: str, waiting: Sequence[str] = ()) -> tuple[int, int] | None:
    """Take the first queued job whose lane is free: (job id, attempt), or None. One statement, so two callers never share one.

    Args:
        waiting: kinds whose jobs wait while the weights of their base model are not here.
    """
    other, queued = aliased(Job), aliased(Job)
    busy = exists().where(other.lane == queued.lane, other.status.in_(ACTIVE))
    bare = exists().where(LanguageModel.id == queued.base_model_id, LanguageModel.status == KNOWN)
    first = (
        select(queued.id)
        .where(queued.status == JobStatus.QUEUED, queued.deleted_at.is_(None), ~busy)
        .where(~(queued.kind.in_(waiting) & bare), ~awaits_results(queued))
        .order_by(queued.position, queued.id)
        .limit(1)
        .scalar_subquery()
    )
    values = {
        "status": JobStatus.STARTING,
        "attempt": Job.attempt + 1,
        "nonce": nonce,
        "boot_id": boot_id,
        "heartbeat": time.monotonic(),
        "pid": None,
        "pid_created": None,
        "request": None,
        "phase": None,
        "seconds_left": None,
        "share": None,
        "error": null(),
        "started_at": time.time(),
        "finished_at": None,
    }
    claim = update(Job).where(Job.id == first, Job.status == JobStatus.QUEUED).values(**values)
    row = s.execute(claim.returning(Job.id, Job.attempt).execution_options(synchronize_session=False)).first()
    return None if row is None else (row[0], row[1])


def stranded(s: Session, kinds: Sequence[str], fetching: str) -> list[Job]:
    """Queued jobs that wait for weights which nobody fetches any more.

    Args:
        kinds: whose jobs need weights.
        fetching: the kind whose jobs fetch them.
    """
    fetch = aliased(Job)
    bare = exists().where(LanguageModel.id == Job.base_model_id, LanguageModel.status == KNOWN)
    coming = exists().where(
        fetch.kind == fetching, fetch.base_model_id == Job.base_model_id, fetch.status.in_(UNFINISHED)
    )
    waiting = select(Job).where(Job.status == JobStatus.QUEUED, Job.kind.in_(kinds), Job.deleted_at.is_(None))
    return list(s.scalars(waiting.where(bare, ~coming)))


def fetches_of(s: Session, fetching: str, models: Iterable[int | None]) -> dict[int, Job]:
    """Of base models whose weights are not here: the unfinished jobs that fetch them, by model."""
    bare = exists().where(LanguageModel.id == Job.base_model_id, LanguageModel.status == KNOWN)
    found = select(Job).where(Job.kind == fetching, Job.base_model_id.in_(list(models)), Job.status.in_(UNFINISHED))
    return {job.base_model_id: job for job in s.scalars(found.where(bare)) if job.base_model_id is not None}


def requeue(s: Session, job_id: int) -> None:
    """Queue a job again that was interrupted."""
    ended = update(Job).where(Job.id == job_id, Job.status == JobStatus.INTERRUPTED)
    s.execute(ended.values(status=JobStatus.QUEUED, request=None, finished_at=None, phase=None, seconds_left=None))


def fail_queued(s: Session, job_id: int, error: dict[str, Any]) -> bool:
    """End a job that has not started, for a reason. False when it is no longer queued."""
    waiting = update(Job).where(Job.id == job_id, Job.status == JobStatus.QUEUED)
    values = {"status": JobStatus.FAILED, "finished_at": time.time(), "request": None, "error": error}
    ended = s.execute(waiting.values(**values).returning(Job.attempt, Job.step)).first()
    if ended is None:
        return False
    event = {"at": time.time(), "kind": "error", "code": error["code"], "params": error["params"]}
    s.add(JobEvent(job_id=job_id, attempt=ended[0], step=ended[1], **event))
    return True


def set_process(s: Session, job_id: int, attempt: int, *, pid: int, created: float) -> None:
    """Store which process works on this attempt."""
    mine = update(Job).where(Job.id == job_id, Job.attempt == attempt, Job.status.in_(ACTIVE))
    s.execute(mine.values(pid=pid, pid_created=created))


def end_attempt(s: Session, job_id: int, attempt: int, *, status: JobStatus, error: dict[str, Any] | None) -> bool:
    """Give an active attempt whose process is gone its final status. False when it had ended by itself."""
    mine = update(Job).where(Job.id == job_id, Job.attempt == attempt, Job.status.in_(ACTIVE))
    values = {
        "status": status,
        "error": null() if error is None else error,
        "finished_at": time.time(),
        "request": None,
        "phase": None,
        "seconds_left": None,
    }
    ended = s.execute(mine.values(**values).returning(Job.step)).first()
    if ended is None:
        return False
    if error is not None:
        kind = "error" if status == JobStatus.FAILED else "warning"
        event = {"at": time.time(), "kind": kind, "code": error["code"], "params": error["params"]}
        s.add(JobEvent(job_id=job_id, attempt=attempt, step=ended[0], **event))
    return True


def requeue_attempt(s: Session, job_id: int, attempt: int) -> bool:
    """Queue the job of an active attempt whose process is gone. False when it had ended, or the user wants something else."""
    mine = update(Job).where(Job.id == job_id, Job.attempt == attempt, Job.status.in_(ACTIVE), Job.request.is_(None))
    values = {"status": JobStatus.QUEUED, "phase": None, "seconds_left": None}
    return s.execute(mine.values(**values).returning(Job.id)).first() is not None


def end_queued(s: Session, job_id: int) -> bool:
    """Cancel a job that has not started. False when it is no longer queued."""
    waiting = update(Job).where(Job.id == job_id, Job.status == JobStatus.QUEUED)
    values = {"status": JobStatus.CANCELLED, "finished_at": time.time(), "request": None}
    return s.execute(waiting.values(**values).returning(Job.id)).first() is not None


def ask(s: Session, job_id: int, request: str) -> bool:
    """Ask the worker of an active job to "stop" or to "cancel"; a cancel is never taken back. False when nobody works on it."""
    mine = update(Job).where(Job.id == job_id, Job.status.in_(ACTIVE))
    kept = case((Job.request == "cancel", "cancel"), else_=request)
    asked = mine.values(request=kept, status=JobStatus.STOPPING).returning(Job.id)
    return s.execute(asked.execution_options(synchronize_session=False)).first() is not None


def queued_in(s: Session, lane: str) -> list[Job]:
    """The queue of a lane, first one first."""
    waiting = select(Job).where(Job.lane == lane, Job.status == JobStatus.QUEUED, Job.deleted_at.is_(None))
    return list(s.scalars(waiting.order_by(Job.position, Job.id)))


def queue_places(s: Session) -> dict[int, tuple[int, int]]:
    """Of each queued job: its place in its lane (from 1), and how many wait there."""
    lane = Job.lane
    place = func.row_number().over(partition_by=lane, order_by=(Job.position, Job.id))
    length = func.count().over(partition_by=lane)
    waiting = select(Job.id, place, length).where(Job.status == JobStatus.QUEUED, Job.deleted_at.is_(None))
    return {row[0]: (row[1], row[2]) for row in s.execute(waiting)}


# ------------------------------------------------------------------ what lists show


def objectives(s: Session, ids: Iterable[int]) -> dict[int, str]:
    """Keys of what jobs optimise, by job; without those whose spec names none."""
    key = Job.spec["objective"].as_string()
    return {job_id: named for job_id, named in s.execute(select(Job.id, key).where(Job.id.in_(list(ids)))) if named}


def tuned_ids(s: Session, job_ids: Iterable[int]) -> dict[int, int]:
    """Of each job: the id of the tuned model that it made."""
    made = select(TunedModel.job_id, TunedModel.id)
    rows = s.execute(made.where(TunedModel.job_id.in_(list(job_ids)), TunedModel.deleted_at.is_(None)))
    return {row[0]: row[1] for row in rows}


def last_checkpoints(s: Session, job_ids: Iterable[int]) -> dict[int, int]:
    """Of each job: the step of the newest checkpoint that it can go on from."""
    whole = Checkpoint.metrics[WEIGHTS_ONLY].as_boolean().is_not(True)
    kept = select(Checkpoint.job_id, func.max(Checkpoint.step)).where(Checkpoint.deleted_at.is_(None), whole)
    rows = s.execute(kept.where(Checkpoint.job_id.in_(list(job_ids))).group_by(Checkpoint.job_id))
    return {row[0]: row[1] for row in rows}


def checkpoints_of(s: Session, job_id: int) -> list[Checkpoint]:
    """The checkpoints of a job that are still on disk, oldest first."""
    kept = select(Checkpoint).where(Checkpoint.job_id == job_id, Checkpoint.deleted_at.is_(None))
    return list(s.scalars(kept.order_by(Checkpoint.step)))


def checkpoints_by_ids(s: Session, ids: Iterable[int]) -> dict[int, Checkpoint]:
    """Checkpoints by id, deleted ones too."""
    wanted = list(ids)
    return {row.id: row for row in s.scalars(select(Checkpoint).where(Checkpoint.id.in_(wanted)))} if wanted else {}


def checkpoints_there(s: Session) -> list[Checkpoint]:
    """Every checkpoint that is still on disk, those of the newest jobs first, each job's in their order."""
    kept = select(Checkpoint).where(Checkpoint.deleted_at.is_(None))
    return list(s.scalars(kept.order_by(Checkpoint.job_id.desc(), Checkpoint.step)))


def forget_checkpoints(s: Session, job_id: int) -> None:
    """Mark every checkpoint of a job as deleted, before its files go."""
    mine = update(Checkpoint).where(Checkpoint.job_id == job_id, Checkpoint.deleted_at.is_(None))
    s.execute(mine.values(deleted_at=time.time()))
