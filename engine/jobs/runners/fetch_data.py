"""The job that fetches a data set of a hub: the files of one part, which become a draft."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.importing import hub
from engine.data.records.bounds import ReadingBudget
from engine.data.records.record import MAX_NAME, clip
from engine.data.splits.cards import card_of
from engine.jobs.reporter import Reporter
from engine.models.base.download_progress import ByteProgress, run_watched
from engine.services.data.sources import add_files
from storage.job_tables import Job

_MB = 2**20
_SPARE = 1.05  # of the files' size must be free on the disk


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Fetch and take in; the job's result is {"dataset": id}. Raises Fault; what was fetched goes with the end of the job."""
    name, split, folder = (str(job.spec[key]) for key in ("name", "split", "folder"))
    target = ctx.settings.folder("cache", "datasets", str(job.id))
    try:
        dataset = _fetch(ctx, name, split, folder, target, ByteProgress(reporter))
        reporter.finish("succeeded", result={"dataset": dataset})
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _fetch(ctx: Context, name: str, split: str, folder: str, target: Path, progress: ByteProgress) -> int:
    progress.phase("preparing")
    found = json.loads(_child(["list", name], target, progress))
    card = card_of(found.get("card"))
    files, part, others = hub.choose(name, found["files"], split, folder, card)
    _check_room(ctx, name, sum(files.values()))
    progress.phase("downloading", sum(files.values()))
    _child(["get", name, found["commit"], str(target), *files], target, progress)
    progress.phase("checking")
    params = {"name": name, "split": clip(part, MAX_NAME), "others": clip(", ".join(others), 300) or "–"}
    note = {"what": "files", "value": name, "code": "files.hub", "params": params}
    title = name.rpartition("/")[2] + (f" ({part})" if split and part != hub.WHOLE else "")
    got = [(target / path, path) for path in files]
    return add_files(
        ctx, got, title, origin=name, notes=[note], cards=[card], budget=ReadingBudget(heed=progress.reporter.heed)
    )


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
