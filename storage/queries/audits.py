"""Audits of data sets and what their checks found."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.data_tables import Audit, Finding
from storage.job_tables import ACTIVE, Job, JobStatus
from storage.tables import Dataset


def add(s: Session, dataset_id: int, content_hash: str, settings: dict[str, Any]) -> Audit:
    """A new audit of one content."""
    row = Audit(dataset_id=dataset_id, content_hash=content_hash, settings=settings)
    s.add(row)
    s.flush()
    return row


def get(s: Session, audit_id: int) -> Audit | None:
    """The audit, if it is still there."""
    return s.get(Audit, audit_id)


def newest(s: Session, dataset_id: int, content_hash: str) -> Audit | None:
    """The last audit of this content."""
    of_content = select(Audit).where(Audit.dataset_id == dataset_id, Audit.content_hash == content_hash)
    return s.scalar(of_content.order_by(Audit.id.desc()).limit(1))


def unfinished(s: Session, dataset_id: int) -> list[tuple[Audit, Job]]:
    """Audits of any content of the data set that wait or run, and that nobody asked to end, with their jobs."""
    going = select(Audit, Job).join(Job, Job.id == Audit.job_id).where(Audit.dataset_id == dataset_id)
    waiting = Job.status.in_((JobStatus.QUEUED, *ACTIVE)), Job.request.is_(None)
    return [(audit, job) for audit, job in s.execute(going.where(*waiting))]


def last_settings(s: Session, dataset_id: int) -> dict[str, Any]:
    """What the user looked for last in any content of the data set."""
    of_set = select(Audit.settings).where(Audit.dataset_id == dataset_id)
    return s.scalar(of_set.order_by(Audit.id.desc()).limit(1)) or {}


def findings(s: Session, audit_id: int) -> dict[str, int]:
    """Of every check that is through: how many rows it found."""
    rows = s.execute(select(Finding.check, Finding.rows).where(Finding.audit_id == audit_id))
    return {row[0]: row[1] for row in rows}


def newest_finding(s: Session, dataset_id: int, content_hash: str, check: str) -> Finding | None:
    """What the last audit of this content found with a check that is through."""
    of_content = select(Finding).join(Audit, Audit.id == Finding.audit_id)
    of_content = of_content.where(
        Audit.dataset_id == dataset_id, Audit.content_hash == content_hash, Finding.check == check
    )
    return s.scalar(of_content.order_by(Audit.id.desc()).limit(1))


def put_finding(s: Session, audit_id: int, check: str, rows: int, groups: int, payload: bytes) -> None:
    """Write down what a check found, in place of what an interrupted attempt wrote."""
    audit = s.get(Audit, audit_id)
    if audit is None:
        return
    s.execute(delete(Finding).where(Finding.audit_id == audit_id, Finding.check == check))
    s.add(Finding(audit_id=audit_id, check=check, rows=rows, payload=payload))
    audit.summary = {**audit.summary, check: {"rows": rows, "groups": groups}}


def finish(s: Session, audit_id: int) -> None:
    """The audit is whole: older ones of the same content are not needed any more."""
    audit = s.get(Audit, audit_id)
    if audit is None:
        return
    audit.finished_at = time.time()
    older = select(Audit.id).where(
        Audit.dataset_id == audit.dataset_id, Audit.content_hash == audit.content_hash, Audit.id < audit_id
    )
    s.execute(delete(Finding).where(Finding.audit_id.in_(older)))
    s.execute(delete(Audit).where(Audit.id.in_(older.scalar_subquery())))


def finished_of_present(s: Session) -> Sequence[Audit]:
    """Whole audits of what the data sets hold now, oldest first."""
    found = select(Audit).join(Dataset, (Dataset.id == Audit.dataset_id) & (Dataset.content_hash == Audit.content_hash))
    return s.scalars(found.where(Audit.finished_at.is_not(None), Dataset.deleted_at.is_(None)).order_by(Audit.id)).all()
