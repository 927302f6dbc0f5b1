"""Data sets of a hub by their names: a job in the background fetches the files of one part, which become a draft."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import null

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.importing import hub
from engine.data.records.record import MAX_NAME, clip
from engine.jobs.lanes import BACKGROUND
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled
from engine.models.base.download_progress import ByteProgress, run_watched
from engine.services.data.sources import add_files
from storage.job_tables import FINAL, Job, JobStatus
from storage.queries import jobs as queries

KIND = "fetch_data"
_MB = 2**20
_SPARE = 1.05  # of the files' size must be free on the disk


def add_from_hub(ctx: Context, name: str, split: str = "", folder: str = "") -> dict[str, int]:
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
        for job in queries.unfinished_of_kind(session, KIND):
            if job.spec == spec:
                return {"job": job.id}
        job = Job(name=name, kind=KIND, status=JobStatus.QUEUED, lane=BACKGROUND, spec=spec, error=null())
        return {"job": queries.add_job(session, job)}


def hub_state(ctx: Context, job_id: int) -> dict[str, Any]:
    """How far a fetch is: {"job", "name", "status", "done", "total", "error", "dataset", "ended"}; bytes. Raises NotFound."""
    with ctx.db.read() as session:
        job = queries.get_job(session, job_id)
        if job is None or job.kind != KIND:
            raise NotFound(job=job_id)
        return _state(job)


def hub_fetches(ctx: Context) -> list[dict[str, Any]]:
    """The fetches that wait or go on."""
    with ctx.db.read() as session:
        return [_state(job) for job in queries.unfinished_of_kind(session, KIND)]


def _state(job: Job) -> dict[str, Any]:
    return {
        "job": job.id,
        "name": job.name,
        "status": str(job.status),
        "done": job.step,
        "total": job.total_steps,
        "error": job.error,
        "dataset": (job.result or {}).get("dataset"),
        "ended": job.status in FINAL,
    }


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Fetch and take in. Raises Fault; what was fetched stays for another try of the same job, and goes when it is done."""
    name, split, folder = (str(job.spec[key]) for key in ("name", "split", "folder"))
    target = ctx.settings.folder("cache", "datasets", str(job.id))
    try:
        dataset = _fetch(ctx, name, split, folder, target, ByteProgress(reporter))
    except Cancelled:
        reporter.finish("cancelled")
    else:
        reporter.finish("succeeded", result={"dataset": dataset})
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _fetch(ctx: Context, name: str, split: str, folder: str, target: Path, progress: ByteProgress) -> int:
    progress.phase("preparing")
    found = json.loads(_child(["list", name], target, progress))
    files, part, others = hub.choose(name, found["files"], split, folder)
    _check_room(ctx, name, sum(files.values()))
    progress.phase("downloading", sum(files.values()))
    _child(["get", name, found["commit"], str(target), *files], target, progress)
    progress.phase("checking")
    params = {"name": name, "split": clip(part, MAX_NAME), "others": clip(", ".join(others), 300) or "–"}
    note = {"what": "files", "value": name, "code": "files.hub", "params": params}
    title = name.rpartition("/")[2] + ("" if part == hub.WHOLE else f" ({part})")
    return add_files(ctx, [(target / path, path) for path in files], title, origin=name, notes=[note])


def _check_room(ctx: Context, name: str, size: int) -> None:
    limit = ctx.settings.max_upload_mb
    if size > limit * _MB:
        raise Fault("data.hub.too_large", name=name, mb=size // _MB, limit=limit)
    free = shutil.disk_usage(ctx.settings.home).free
    if size * _SPARE > free:
        raise Fault("data.hub.no_disk", need_mb=size // _MB, free_mb=free // _MB)


def _child(arguments: list[str], folder: Path, progress: ByteProgress) -> str:
    argv = [sys.executable, "-m", "engine.data.importing.hub", *arguments]
    outcome = run_watched(argv, folder, progress, hub.ENVIRONMENT)
    if outcome.code != 0:
        outcome.raise_fault()
    return outcome.last_line
