"""Data sets of a hub by their names: a job in the background fetches the files of one part, which become a draft."""

from __future__ import annotations

from typing import cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.shapes import CodedMessage
from engine.data.importing import hub
from engine.jobs.kinds.fetch_data import FETCH_DATA
from engine.jobs.queue import enqueue
from engine.shapes.data import HubFetch, JobStarted
from engine.shapes.jobs import StatusName
from storage.job_tables import FINAL, UNFINISHED, Job
from storage.queries import jobs as queries


def add_from_hub(ctx: Context, name: str, split: str = "", folder: str = "") -> JobStarted:
    """Begin to fetch a data set; returns {"job": id}, whose result is {"dataset": id}. The same wish twice is one job.

    Args:
        split: the part to fetch; empty: the training part, or the only one.
        folder: only files under it, where a repository holds several data sets.

    Raises:
        Fault: "data.hub.name", "data.hub.offline".
    """
    name = hub.check_name(name)
    if ctx.settings.offline:
        raise Fault("data.hub.offline")
    spec = {"name": name, "split": split.strip()[:100], "folder": folder.strip().strip("/")[:300]}
    with ctx.db.write() as session:
        return {"job": enqueue(session, FETCH_DATA, name=name, spec=spec)}


def hub_state(ctx: Context, job_id: int) -> HubFetch:
    """How far a fetch is: {"job", "name", "status", "done", "total", "error", "dataset", "ended"}; bytes. Raises NotFound."""
    with ctx.db.read() as session:
        job = queries.get_job(session, job_id, FETCH_DATA.key)
        if job is None:
            raise NotFound(job=job_id)
        return _state(job)


def hub_fetches(ctx: Context) -> list[HubFetch]:
    """The fetches that wait or go on, the oldest first."""
    with ctx.db.read() as session:
        return [_state(job) for job in reversed(queries.alike(session, FETCH_DATA.key, statuses=UNFINISHED))]


def _state(job: Job) -> HubFetch:
    return {
        "job": job.id,
        "name": job.name,
        "status": cast(StatusName, str(job.status)),
        "done": job.step,
        "total": job.total_steps,
        "error": cast("CodedMessage | None", job.error),
        "dataset": (job.result or {}).get("dataset"),
        "ended": job.status in FINAL,
    }
