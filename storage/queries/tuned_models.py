"""Tuned models: what jobs made."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.job_tables import Job
from storage.tables import TunedModel


def get_tuned(s: Session, tuned_id: int) -> TunedModel | None:
    """A tuned model that was not deleted."""
    return s.scalar(select(TunedModel).where(TunedModel.id == tuned_id, TunedModel.deleted_at.is_(None)))


def find_tuned(s: Session, weights_hash: str) -> TunedModel | None:
    """The newest tuned model with these weights."""
    same = select(TunedModel).where(TunedModel.weights_hash == weights_hash, TunedModel.deleted_at.is_(None))
    return s.scalar(same.order_by(TunedModel.id.desc()).limit(1)) if weights_hash else None


def tuned_by_ids(s: Session, ids: Iterable[int]) -> dict[int, TunedModel]:
    """Tuned models by id, deleted ones too."""
    return {row.id: row for row in s.scalars(select(TunedModel).where(TunedModel.id.in_(list(ids))))}


def tuned_names(s: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names by id, of deleted ones too."""
    wanted = list(ids)
    rows = s.execute(select(TunedModel.id, TunedModel.name).where(TunedModel.id.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}


def list_tuned(
    s: Session, base_model_id: int | None = None, *, limit: int | None = None, before: int | None = None
) -> list[TunedModel]:
    """Tuned models that were not deleted (of one base, so many, older than the one of the id `before`), the newest first."""
    shown = select(TunedModel).where(TunedModel.deleted_at.is_(None))
    if base_model_id is not None:
        shown = shown.where(TunedModel.base_model_id == base_model_id)
    if before is not None:
        shown = shown.where(TunedModel.id < before)
    return list(s.scalars(shown.order_by(TunedModel.id.desc()).limit(limit)))


def taken_tuned_names(s: Session, beside: int) -> set[str]:
    """What the tuned models that are there are called, `beside` left out."""
    return set(s.scalars(select(TunedModel.name).where(TunedModel.deleted_at.is_(None), TunedModel.id != beside)))


def forget(tuned: TunedModel) -> None:
    """Hide it; its history stays."""
    tuned.deleted_at = time.time()


def exports_of(s: Session, tuned_id: int, kind: str) -> list[Job]:
    """Every job of one kind that exports a tuned model, the newest first; hidden ones too."""
    own = select(Job).where(Job.kind == kind, Job.spec["tuned_id"].as_integer() == tuned_id)
    return list(s.scalars(own.order_by(Job.id.desc())))


def count(s: Session) -> int:
    """How many were not deleted."""
    return s.scalar(select(func.count()).select_from(TunedModel).where(TunedModel.deleted_at.is_(None))) or 0
