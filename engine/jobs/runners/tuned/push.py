"""A push job: an export's files, unpacked and checked, go to a hub as one commit."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.exports.common.made_files import files_of
from engine.exports.common.package import check_space
from engine.exports.hub.pushing import send
from engine.exports.hub.token import kept_token
from engine.exports.hub.wish import check_allowed, push_wish
from engine.jobs.reporter import Reporter
from engine.models.base.download_progress import ByteProgress
from engine.models.base.inspect import hash_file
from storage.job_tables import Job

_MESSAGE = "Upload {name} with Tunesmith"


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Send it; the job's result is {"repo", "url", "commit", "private"}.

    Raises:
        Fault: "push.*", "export.file_gone", "export.disk_full".
    """
    progress = ByteProgress(reporter)
    progress.phase("checking")
    endpoint, token, wish = check_allowed(ctx.settings), kept_token(ctx.settings), push_wish(job.spec)
    with ctx.db.read() as s:
        made = s.get(Job, wish.export)
        told = files_of(made.result if made else None)
    if wish.file >= len(told) or told[wish.file]["error"]:
        raise Fault("export.file_gone")
    aside = ctx.settings.folder("exports") / f"push-{job.id}"
    try:
        folder = _folder(ctx, told[wish.file], aside, progress)
        sent = send(folder, wish, endpoint, token, _MESSAGE.format(name=folder.name), progress)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    reporter.finish("succeeded", result={"repo": wish.repo, "private": wish.private, **sent})


def _folder(ctx: Context, told: dict[str, Any], aside: Path, progress: ByteProgress) -> Path:
    """The export as a folder: what was proved, byte for byte."""
    path = ctx.settings.absolute(told["path"])
    if path.is_dir():
        return path
    if not path.is_file() or hash_file(path) != told["sha256"]:
        raise Fault("export.file_gone")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    check_space(aside, int(told["bytes"]))
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            progress.more(0)
            archive.extract(one, aside)
    (folder,) = (one for one in aside.iterdir() if one.is_dir())
    return folder
