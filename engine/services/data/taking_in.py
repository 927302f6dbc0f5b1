"""Uploaded files become a draft at once, or, where looking at them takes longer than a request may, by a job."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.core.shapes import CodedMessage
from engine.data.importing.names import display_name
from engine.data.records.bounds import AT_ONCE_SECONDS, Later, ReadingBudget
from engine.jobs.kinds.take_in import TAKE_IN
from engine.jobs.queue import enqueue
from engine.services.data.sources import add_files
from engine.shapes.data import UploadReading
from storage.job_tables import FINAL, UNFINISHED, Job
from storage.queries import jobs as queries


def take_in(ctx: Context, files: Sequence[tuple[Path, str]]) -> dict[str, int]:
    """{"dataset": id} of the draft, or {"job": id} whose result it will be. Taken in, no file is left where it was.

    Raises:
        Fault: as `add_files`.
    """
    try:
        return {"dataset": add_files(ctx, files, budget=ReadingBudget(AT_ONCE_SECONDS))}
    except Later:
        return {"job": _later(ctx, files)}


def _later(ctx: Context, files: Sequence[tuple[Path, str]]) -> int:
    folder = ctx.settings.folder("uploads", "waiting", uuid.uuid4().hex)
    try:
        stored = [(f"{place:04}.part", name) for place, (_path, name) in enumerate(files)]
        for (path, _name), (inside, _same) in zip(files, stored, strict=True):
            shutil.move(path, folder / inside)
        spec = {"folder": ctx.settings.relative(folder), "files": stored}
        with ctx.db.write() as session:
            return enqueue(session, TAKE_IN, name=display_name(files[0][1]), spec=spec)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def reading_state(ctx: Context, job_id: int) -> UploadReading:
    """How far such a job is. Raises NotFound."""
    with ctx.db.read() as session:
        job = queries.get_job(session, job_id, TAKE_IN.key)
        if job is None:
            raise NotFound(job=job_id)
        return _state(job)


def readings(ctx: Context) -> list[UploadReading]:
    """The jobs that wait or go on, the oldest first."""
    with ctx.db.read() as session:
        return [_state(job) for job in reversed(queries.alike(session, TAKE_IN.key, statuses=UNFINISHED))]


def _state(job: Job) -> UploadReading:
    return {
        "job": job.id,
        "name": job.name,
        "error": cast("CodedMessage | None", job.error),
        "dataset": (job.result or {}).get("dataset"),
        "ended": job.status in FINAL,
    }
