"""Which checkpoints may be chosen to answer, for the page that chooses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from engine.core.errors import TunesmithError
from engine.models.tuned.checkpoints import TRAINED_FILE
from engine.objectives import objective_in
from engine.shapes.chat import CheckpointOption
from storage.job_tables import Checkpoint, Job
from storage.queries import jobs, linked_jobs


def checkpoint_options(s: Session) -> dict[int, list[CheckpointOption]]:
    """Of each base model: the checkpoints on top of it, those of the newest jobs first, each job's in their order."""
    kept = [one for one in jobs.checkpoints_there(s) if TRAINED_FILE in one.files]
    made_by = linked_jobs.by_ids(s, {one.job_id for one in kept})
    made = jobs.tuned_ids(s, made_by)
    best = _best(kept)
    found: dict[int, list[CheckpointOption]] = {}
    for one in kept:
        job = made_by.get(one.job_id)
        if job is None or job.base_model_id is None or not _talks(job):
            continue
        option: CheckpointOption = {
            "id": one.id,
            "job_id": job.id,
            "job": job.name,
            "tuned_id": made.get(job.id),
            "step": one.step,
            "val_loss": _loss(one),
            "best": best.get(job.id) == one.id,
            "created_at": one.created_at,
        }
        found.setdefault(job.base_model_id, []).append(option)
    return found


def _best(kept: Iterable[Checkpoint]) -> dict[int, int]:
    """Of each job with several: the checkpoint with the lowest held-out loss, the latest of equal ones."""
    by_job: dict[int, list[Checkpoint]] = {}
    for one in kept:
        by_job.setdefault(one.job_id, []).append(one)
    scored = {job: [one for one in some if _loss(one) is not None] for job, some in by_job.items()}
    return {
        job: min(some, key=lambda one: (float(_loss(one) or 0.0), -one.step)).id
        for job, some in scored.items()
        if len(some) > 1
    }


def _loss(checkpoint: Checkpoint) -> float | None:
    found: Any = checkpoint.metrics.get("val_loss")
    return None if found is None else float(found)


def _talks(job: Job) -> bool:
    try:
        return objective_in(job.spec).talks
    except TunesmithError:  # an objective that this version does not have
        return False
