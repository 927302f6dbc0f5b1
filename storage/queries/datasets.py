"""Data sets: lists, their imports, and who still needs their files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Select, String, cast, delete, insert, or_, select
from sqlalchemy.orm import Session

from storage.data_tables import DatasetVersion
from storage.job_tables import Job, JobStatus
from storage.tables import Dataset, RejectedRow, TunedModel


def get(session: Session, dataset_id: int) -> Dataset | None:
    """The data set, unless it was deleted."""
    row = session.get(Dataset, dataset_id)
    return row if row and row.deleted_at is None else None


def newest_first(session: Session) -> Sequence[Dataset]:
    """Every data set that was not deleted."""
    query = select(Dataset).where(Dataset.deleted_at.is_(None)).order_by(Dataset.id.desc())
    return session.scalars(query).all()


def sample(session: Session, key: str) -> Dataset | None:
    """The built-in sample in one language, if it is there and ready."""
    query = select(Dataset).where(Dataset.sample_key == key, Dataset.status == "ready", Dataset.deleted_at.is_(None))
    return session.scalars(query.order_by(Dataset.id).limit(1)).first()


def replace_rejected(session: Session, dataset_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Put the rejected rows of a new import in place of the old ones."""
    session.execute(delete(RejectedRow).where(RejectedRow.dataset_id == dataset_id))
    if rows:
        session.execute(insert(RejectedRow), [{"dataset_id": dataset_id, **row} for row in rows])


def open_imports(session: Session, dataset_ids: Sequence[int], kind: str) -> dict[int, Job]:
    """Of each data set: its newest job of the kind that imports, unless that succeeded or was cancelled."""
    mine = select(Job).where(Job.dataset_id.in_(dataset_ids), Job.kind == kind, Job.deleted_at.is_(None))
    newest = {job.dataset_id: job for job in session.scalars(mine.order_by(Job.id)) if job.dataset_id is not None}
    ended = (JobStatus.SUCCEEDED, JobStatus.CANCELLED)
    return {dataset: job for dataset, job in newest.items() if job.status not in ended}


def is_referred_to(session: Session, dataset_id: int, working: Sequence[str]) -> bool:
    """Whether any job (deleted ones too) or tuned model was made with the data set. Kinds that work on the data itself do not count."""
    job = select(Job.id).where(Job.dataset_id == dataset_id, Job.kind.not_in(working)).limit(1)
    tuned = select(TunedModel.id).where(TunedModel.dataset_id == dataset_id).limit(1)
    return session.scalar(job) is not None or session.scalar(tuned) is not None


def is_in_a_lineage(session: Session, content_hash: str) -> bool:
    """Whether a job's result or a tuned model names this content."""
    in_model = select(TunedModel.id).where(cast(TunedModel.lineage, String).contains(content_hash)).limit(1)
    in_job = select(Job.id).where(cast(Job.result, String).contains(content_hash)).limit(1)
    return session.scalar(in_model) is not None or session.scalar(in_job) is not None


def is_free(session: Session, rows_path: str, besides: int, working: Sequence[str]) -> bool:
    """Whether no job, model or other data set may still ask for a rows file of the deleted data set `besides`."""
    if is_referred_to(session, besides, working) or is_in_a_lineage(session, Path(rows_path).stem):
        return False
    versions = select(DatasetVersion.dataset_id).where(DatasetVersion.rows_path == rows_path)
    of_others = or_(Dataset.rows_path == rows_path, Dataset.id.in_(versions))
    return not _anybody_needs(session, select(Dataset).where(of_others, Dataset.id != besides), working)


def shares_upload(session: Session, path: str, besides: int, working: Sequence[str]) -> bool:
    """Whether another data set was read from the same upload and may be read again."""
    return _anybody_needs(session, select(Dataset).where(Dataset.upload_path == path, Dataset.id != besides), working)


def _anybody_needs(session: Session, query: Select[Dataset], working: Sequence[str]) -> bool:
    return any(row.deleted_at is None or is_referred_to(session, row.id, working) for row in session.scalars(query))


def mark_deleted(session: Session, row: Dataset) -> None:
    """Hide the data set and forget its rejected rows."""
    row.deleted_at = time.time()
    session.execute(delete(RejectedRow).where(RejectedRow.dataset_id == row.id))
