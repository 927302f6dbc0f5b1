"""Jobs that wait for the weights of their base model, and what becomes of them when nobody fetches those any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.jobs.kinds import keys_of, known_kind
from engine.jobs.kinds.prepare_model import PREPARE_MODEL
from engine.shapes.jobs import WeightsComing
from storage.job_tables import Job, JobStatus
from storage.queries import jobs as queries
from storage.queries.base_models import get_model

MOST_TRIES = 5  # of a download that the machine interrupts, before the jobs that wait for it fail


def waiting_kinds() -> tuple[str, ...]:
    """Kinds whose jobs are not started while the weights of their base model are not here."""
    return keys_of(lambda kind: kind.needs_weights)


def awaits_weights(job: Job) -> bool:
    """Whether it is in the queue and loads a base model."""
    return job.status == JobStatus.QUEUED and job.base_model_id is not None and known_kind(job.kind).needs_weights


def weights_coming(s: Session, jobs: Iterable[Job]) -> dict[int, WeightsComing]:
    """Of the base models that some of the jobs wait for: the downloads of their weights."""
    wanted = {job.base_model_id for job in jobs if awaits_weights(job)} - {None}
    found = queries.fetches_of(s, PREPARE_MODEL.key, wanted) if wanted else {}
    return {
        model: {"job": job.id, "done_mb": round(job.step / 1e6), "total_mb": round((job.total_steps or 0) / 1e6)}
        for model, job in found.items()
    }


def settle_stranded(ctx: Context) -> bool:
    """Have an interrupted download go on that queued jobs wait for; after one that failed or was cancelled they end for its reason.

    Returns:
        whether anything was done.
    """
    with ctx.db.read() as s:
        if not queries.stranded(s, waiting_kinds(), PREPARE_MODEL.key):
            return False
    with ctx.db.write() as s:
        for job in queries.stranded(s, waiting_kinds(), PREPARE_MODEL.key):
            _settle(s, job)
    return True


def _settle(s: Session, job: Job) -> None:
    found = queries.alike(s, PREPARE_MODEL.key, deleted=True, limit=1, base_model_id=job.base_model_id)
    last = next(iter(found), None)
    if last is not None and last.status == JobStatus.INTERRUPTED and last.attempt < MOST_TRIES:
        queries.requeue(s, last.id)
        s.expire_all()
    elif last is None or last.status != JobStatus.QUEUED:
        queries.fail_queued(s, job.id, _reason(s, job, last))


def _reason(s: Session, job: Job, last: Job | None) -> dict[str, Any]:
    if last is not None and last.error and last.status != JobStatus.CANCELLED:
        return {"code": last.error["code"], "params": last.error["params"]}
    model = get_model(s, job.base_model_id or 0)
    return {"code": "job.download_ended", "params": {"name": model.name if model else job.name}}
