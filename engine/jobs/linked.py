"""Jobs of a recipe that wait for the results of earlier ones, and what becomes of them when those are there, or never come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.recipes.declaration import STARTS_FROM
from engine.shapes.jobs import StageAwaited
from storage.job_tables import FINAL, Job, JobStatus
from storage.queries import jobs as queries
from storage.queries import linked_jobs
from storage.queries.linked_jobs import LINK
from storage.queries.tuned_models import get_tuned

HAVE_RESULTS = (JobStatus.SUCCEEDED, JobStatus.STOPPED)


def link_of(job: Job) -> Mapping[str, Any]:
    """What links a job to others; empty for one that stands alone."""
    found: Mapping[str, Any] = (job.spec or {}).get(LINK) or {}
    return found


def newest_by_stage(jobs: Sequence[Job]) -> dict[str, Job]:
    """Of jobs of one run, oldest first: the one that counts for each stage."""
    return {str(link_of(job)["stage"]): job for job in jobs}


def settle_linked(ctx: Context) -> bool:
    """Write results of earlier stages into the jobs that waited for them. Whether anything was done."""
    with ctx.db.read() as s:
        ready = [job.id for job in linked_jobs.waiting_for_results(s) if _found(s, job) is not None]
    if not ready:
        return False
    with ctx.db.write() as s:
        for job in linked_jobs.waiting_for_results(s):
            if (found := _found(s, job)) is not None:
                _bind(s, job, found)
    return True


def stages_awaited(s: Session, jobs: Iterable[Job]) -> dict[int, StageAwaited]:
    """Of the jobs that wait for results: the stage that each waits for, the first that has none."""
    queued = {job.id for job in jobs if job.status == JobStatus.QUEUED and job.parent_id is not None}
    waiting = [job for job in linked_jobs.waiting_for_results(s) if job.id in queued] if queued else []
    return {job.id: _awaited(s, job) for job in waiting}


def _awaited(s: Session, job: Job) -> StageAwaited:
    stages = newest_by_stage(linked_jobs.jobs_of_run(s, link_of(job)["run"]))
    open_ones = [one for key in _needed(job) if (one := stages[key]) and not _has_result(s, one)]
    first = min(open_ones or [job], key=lambda one: int(link_of(one)["place"]))
    held = first.status in FINAL or first.deleted_at is not None
    return {"job": first.id, "name": first.name, "status": first.status, "held": held}


def _needed(job: Job) -> list[str]:
    return list(dict.fromkeys(link_of(job)["needs"].values()))


def _has_result(s: Session, job: Job) -> bool:
    return job.status in HAVE_RESULTS and bool(queries.tuned_ids(s, [job.id]))


def _found(s: Session, job: Job) -> dict[str, int] | None:
    """The tuned models that a job waits for, by place in its spec; None while one is not there."""
    stages, link = newest_by_stage(linked_jobs.jobs_of_run(s, link_of(job)["run"])), link_of(job)
    wanted = {place: stages.get(key) for place, key in link["needs"].items()}
    made = queries.tuned_ids(s, [one.id for one in wanted.values() if one and one.status in HAVE_RESULTS])
    found = {place: made[one.id] for place, one in wanted.items() if one is not None and one.id in made}
    return found if len(found) == len(wanted) else None


def _bind(s: Session, job: Job, found: Mapping[str, int]) -> None:
    spec = dict(job.spec)
    for place, tuned_id in found.items():
        spec = put(spec, place.split("."), tuned_id)
    if (began := found.get(STARTS_FROM)) is not None and (tuned := get_tuned(s, began)) is not None:
        spec["start_hash"] = tuned.weights_hash
    job.spec = {**spec, LINK: {**link_of(job), "waits": False}}


def put(value: Any, path: Sequence[str], new: Any) -> Any:
    """A copy of nested values with another value at a place."""
    if not path:
        return new
    if isinstance(value, list):
        return [put(one, path[1:], new) if str(place) == path[0] else one for place, one in enumerate(value)]
    return {**value, path[0]: put(value.get(path[0]), path[1:], new)}
