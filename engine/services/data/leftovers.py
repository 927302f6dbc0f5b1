"""What killed servers and workers left on the disk goes, and never what a living one works on."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.jobs.kinds.make_rows import MAKE_ROWS, MAKE_ROWS_AFAR
from engine.jobs.kinds.read_documents import READ_DOCUMENTS
from engine.jobs.kinds.take_in import TAKE_IN
from engine.services.data.making.documents import forgettable
from storage.job_tables import ACTIVE, RESUMABLE, UNFINISHED, Job
from storage.tables import Dataset

_DAY_S = 86_400.0  # what nobody has written to for so long belongs to nobody
_HOUR_S = 3_600.0  # what belongs to a job, and the job has ended
_log = logging.getLogger(__name__)


def sweep(ctx: Context) -> None:
    """Remove what is left of uploads, imports and exports that ended in the middle. Another server may be at work here."""
    now = time.time()
    with ctx.db.read() as session:
        working = session.scalar(select(Job.id).where(Job.status.in_(ACTIVE)).limit(1)) is not None
        ended, owned = list(_of_ended_jobs(ctx, session)), _owned(session)
        documents = forgettable(ctx.settings, _documents(session))
    for left in ended:
        _remove(left, now - _HOUR_S)
    for left in (*_strays(ctx, owned), *documents, *(() if working else _scratch(ctx))):
        _remove(left, now - _DAY_S)
    sweep_files(ctx)


def sweep_files(ctx: Context) -> None:
    """The part of it that asks no database: files of which only the process knew that made them."""
    before = time.time() - _DAY_S
    for left in _unfinished_files(ctx):
        _remove(left, before)


def try_to_sweep(ctx: Context) -> None:
    """As `sweep`, for a thread: whatever goes wrong stands in the log."""
    try:
        sweep(ctx)
    except Exception:
        _log.exception("leftovers stay")


def _of_ended_jobs(ctx: Context, session: Session) -> Iterator[Path]:
    """Folders that have a job's number for a name, or that a job names, once nobody will go on with them."""
    home = ctx.settings.home
    for path in home.glob("imports/*"):
        if path.name.isdecimal() and _status(session, path) not in (*UNFINISHED, *RESUMABLE):
            yield path
    for path in (*home.glob("cache/datasets/*"), *home.glob("exports/*")):
        if path.name.isdecimal() and _status(session, path) not in UNFINISHED:
            yield from (path,) if path.parent.name == "datasets" else (path / "draft", path / "model.zip.partial")
    waiting = select(Job.spec["folder"].as_string()).where(Job.kind == TAKE_IN.key, Job.status.in_(UNFINISHED))
    named = set(session.scalars(waiting))
    yield from (path for path in home.glob("uploads/waiting/*") if ctx.settings.relative(path) not in named)


def _documents(session: Session) -> set[str]:
    """Keys of documents of which rows are or will be made."""
    of_them = Job.kind.in_((MAKE_ROWS.key, MAKE_ROWS_AFAR.key, READ_DOCUMENTS.key)), Job.deleted_at.is_(None)
    needed = select(Job.spec["making"].as_string()).where(*of_them, Job.status.in_((*UNFINISHED, *RESUMABLE)))
    return set(session.scalars(needed))


def _status(session: Session, path: Path) -> str | None:
    job = session.get(Job, int(path.name)) if len(path.name) < 19 else None
    return None if job is None or job.deleted_at is not None else job.status


def _unfinished_files(ctx: Context) -> Iterator[Path]:
    """Files and folders of which only the process knows that made them."""
    home = ctx.settings.home
    for pattern in (
        "uploads/*.part*",
        "uploads/*.new",
        "uploads/groups/*",
        "exports/data/*.part",
        "cache/reports/*.part",
    ):
        yield from home.glob(pattern)
    yield from (path for path in home.glob("imports/*") if not path.name.isdecimal())


def _scratch(ctx: Context) -> Iterator[Path]:
    """What workers make among the rows of data sets."""
    for pattern in ("*.part", "operation-*", "audit-*"):
        yield from ctx.settings.home.joinpath("datasets").glob(pattern)


def _owned(session: Session) -> set[str]:
    """Stored paths that data sets name, those that were deleted too."""
    columns = select(Dataset.upload_path, Dataset.rejected_path, Dataset.sources)
    found: set[str] = set()
    for upload, rejected, sources in session.execute(columns):
        found.update(path for path in (upload, rejected, *(one["path"] for one in sources or ())) if path)
    return found


def _strays(ctx: Context, owned: set[str]) -> Iterator[Path]:
    """Files under names of ours that no data set has."""
    for path in (*ctx.settings.home.glob("uploads/*"), *ctx.settings.home.glob("rejected/*.jsonl")):
        if len(path.stem) == 32 and path.is_file() and ctx.settings.relative(path) not in owned:
            yield path


def _remove(path: Path, before: float) -> None:
    with contextlib.suppress(OSError):
        if _newest(path) < before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _newest(path: Path) -> float:
    """When anything in it was last written."""
    inside = path.rglob("*") if path.is_dir() else ()
    return max(one.stat().st_mtime for one in (path, *inside))
