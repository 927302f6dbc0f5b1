"""The list of jobs: what its rows show, without what only a job's own page reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import Session, load_only

from storage.job_tables import ACTIVE, FINAL, UNFINISHED, Job, JobStatus
from storage.queries.job_search import JobSearch, conditions, ended_or_asked
from storage.tables import TunedModel

MOST_UNFINISHED = 500
_SHOWN = load_only(
    *(Job.id, Job.name, Job.tags, Job.note, Job.kind, Job.status, Job.phase, Job.lane, Job.position, Job.request),
    *(Job.step, Job.total_steps, Job.seconds_left, Job.share, Job.train_loss, Job.val_loss, Job.error, Job.parent_id),
    *(Job.method, Job.dataset_id, Job.base_model_id, Job.attempt, Job.boot_id, Job.heartbeat, Job.created_at),
    *(Job.started_at, Job.finished_at),
    raiseload=True,
)


def unfinished(s: Session, hidden: Sequence[str], search: JobSearch) -> list[Job]:
    """Active jobs, then queued ones in order; the `hidden` kinds only while they run."""
    rank = case((Job.status == JobStatus.QUEUED, 1), else_=0)
    place = case((Job.status == JobStatus.QUEUED, Job.position), else_=0.0)
    waiting = Job.kind.not_in(hidden) | Job.status.in_(ACTIVE)
    found = _rows(search, Job.status.in_(UNFINISHED), waiting).order_by(rank, place, Job.id.desc())
    return list(s.scalars(found.limit(MOST_UNFINISHED)))


def ended(
    s: Session, hidden: Sequence[str], search: JobSearch, limit: int, after: tuple[float, int] | None = None
) -> list[Job]:
    """Jobs that ended, the newest first.

    Args:
        after: those alone that follow the job of this time (see `ended_or_asked`) and id.
    """
    found = _rows(search, Job.status.in_(FINAL), Job.kind.not_in(hidden))
    if after is not None:
        found = found.where(tuple_(ended_or_asked(), Job.id) < after)
    return list(s.scalars(found.order_by(ended_or_asked().desc(), Job.id.desc()).limit(limit)))


def count_ended(s: Session, hidden: Sequence[str], search: JobSearch) -> int:
    """How many jobs `ended` would give without a limit."""
    met = (Job.deleted_at.is_(None), Job.status.in_(FINAL), Job.kind.not_in(hidden), *conditions(search))
    return s.scalar(select(func.count()).select_from(Job).where(*met)) or 0


def any_of(s: Session, kinds: Sequence[str]) -> bool:
    """Whether there is a job of one of these kinds that was not deleted."""
    return s.scalar(select(Job.id).where(Job.deleted_at.is_(None), Job.kind.in_(kinds)).limit(1)) is not None


def unfinished_of(s: Session, kinds: Sequence[str], limit: int) -> list[Job]:
    """Jobs of these kinds that run, then those that wait, in order."""
    rank = case((Job.status == JobStatus.QUEUED, 1), else_=0)
    mine = (Job.deleted_at.is_(None), Job.status.in_(UNFINISHED), Job.kind.in_(kinds))
    return list(s.scalars(select(Job).where(*mine).order_by(rank, Job.position, Job.id).limit(limit)))


def ended_with_model(s: Session, kinds: Sequence[str], limit: int) -> list[Job]:
    """Jobs of these kinds that succeeded and whose model is still there, the newest first."""
    made = select(TunedModel.job_id).where(TunedModel.deleted_at.is_(None))
    mine = (Job.deleted_at.is_(None), Job.status == JobStatus.SUCCEEDED, Job.kind.in_(kinds), Job.id.in_(made))
    return list(s.scalars(select(Job).where(*mine).order_by(ended_or_asked().desc(), Job.id.desc()).limit(limit)))


def count_active(s: Session) -> int:
    """How many jobs hold their lane."""
    return s.scalar(select(func.count()).select_from(Job).where(Job.status.in_(ACTIVE))) or 0


def _rows(search: JobSearch, *met: ColumnElement[bool]) -> Select[Job]:
    return select(Job).options(_SHOWN).where(Job.deleted_at.is_(None), *met, *conditions(search))
