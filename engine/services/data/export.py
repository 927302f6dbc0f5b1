"""Take a version of a data set away: as JSONL, CSV, Parquet, or a folder for a hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import NotFound, SpecError
from engine.core.params import read_all
from engine.data.writers.settings import PARAMS
from engine.jobs.kinds.export_data import EXPORT_DATA
from engine.jobs.queue import enqueue
from engine.services.data.export_files import Wish, finished, original_of, place_of, write_export
from engine.shapes.data import ExportAnswer, ExportState
from storage.queries import datasets as queries
from storage.queries import jobs as job_queries

IN_PLACE_ROWS = 20_000  # more are written by a job
_KEY = re.compile(r"[0-9a-f]{32}")


def start_export(ctx: Context, dataset: int, raw: Mapping[str, Any], version: int | None = None) -> ExportAnswer:
    """Write a version (None: the one in use) as `raw` (see PARAMS) says.

    Returns:
        {"file": {"key", "name", "bytes", "rows", "notes"}} where it is done or was done before, else {"job": id}.

    Raises:
        NotFound, SpecError: with every fault of the form, by "export.<key>".
        Fault: "data.export.no_rows", "data.export.no_columns", "data.export.not_fit".
    """
    values, faults = read_all(PARAMS, raw, "export")
    if faults:
        raise SpecError(faults)
    wish = Wish(ctx, dataset, values, version)
    if (done := finished(ctx, wish.key)) is not None:
        return {"file": done}
    if wish.total <= IN_PLACE_ROWS:
        return {"file": write_export(wish)}
    with ctx.db.write() as session:
        spec = {"key": wish.key, "values": values, "version": wish.version.number}
        return {"job": enqueue(session, EXPORT_DATA, name=wish.dataset.name, spec=spec, dataset_id=dataset)}


def export_state(ctx: Context, job_id: int) -> ExportState:
    """How far a large export is: {"status", "step", "total", "error", "file" when it is done}. Raises NotFound."""
    with ctx.db.read() as session:
        job = job_queries.get_job(session, job_id, EXPORT_DATA.key)
    if job is None:
        raise NotFound(job=job_id)
    state = {"status": job.status, "step": job.step, "total": job.total_steps, "error": job.error}
    return cast(ExportState, state | {"file": (job.result or {}).get("file")})


def export_file(ctx: Context, key: str) -> tuple[Path, str]:
    """A finished export and the name to save it under. Raises NotFound, also when its data set was deleted."""
    done = finished(ctx, key) if _KEY.fullmatch(key) else None
    if done is None:
        raise NotFound(file=key[:40])
    with ctx.db.read() as session:
        if queries.get(session, done["dataset"]) is None:
            raise NotFound(dataset=done["dataset"])
    return place_of(ctx, key, done["format"]), done["name"]


def can_be_original(ctx: Context, dataset: int) -> bool:
    """Whether the columns of the original file can be written."""
    with ctx.db.read() as session:
        row = queries.get(session, dataset)
    return row is not None and original_of(row) is not None
