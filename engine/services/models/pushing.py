"""Giving an export to a hub as the user handles it: what would leave, the token, the wish."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.exports.common.made_files import files_of
from engine.exports.common.package import file_name
from engine.exports.hub import token
from engine.exports.hub.wish import PushWish, check_allowed, check_repo, host_of
from engine.jobs.kinds.export import EXPORT
from engine.jobs.kinds.tuned.push import PUSH
from engine.jobs.queue import enqueue
from engine.shapes.taking.push import PushAsked, PushedFile, PushOffer
from storage.job_tables import Job, JobStatus


def push_offer(ctx: Context, export: int, file: int) -> PushOffer:
    """What would leave this machine if a file of an export were pushed. Raises NotFound or Fault("push.*")."""
    with ctx.db.read() as s:
        _job, told = _proved(s, export, file)
    files = _inside(ctx.settings.absolute(told["path"]))
    return {
        "allowed": bool(ctx.settings.hub_push),
        "host": host_of(ctx.settings.hub_push),
        "token": token.has_token(ctx.settings),
        "repo": _proposed(told["name"]),
        "files": files,
        "bytes": sum(one["bytes"] for one in files),
    }


def keep_push_token(ctx: Context, given: str) -> None:
    """Keep the hub's token, in a file that only its owner can read. Raises Fault("push.odd_token") or why pushes are not allowed."""
    check_allowed(ctx.settings)
    token.keep_token(ctx.settings, given)


def forget_push_token(ctx: Context) -> None:
    """Remove the hub's token."""
    token.forget_token(ctx.settings)


def start_push(ctx: Context, asked: PushAsked) -> int:
    """Queue a push; the same one that is under way is used.

    Raises:
        NotFound: there is no such export.
        Fault: "push.*", "export.not_ready", "export.file_gone".
    """
    check_allowed(ctx.settings)
    wish = PushWish(asked["export"], asked["file"], check_repo(asked["repo"]), asked["private"], asked["add"])
    if not asked["confirmed"]:
        raise Fault("push.not_confirmed")
    token.kept_token(ctx.settings)
    with ctx.db.read() as s:
        _proved(s, wish.export, wish.file)
    with ctx.db.write() as s:
        made = s.get_one(Job, wish.export)
        return enqueue(s, PUSH, name=wish.repo, spec=wish.as_spec(), method=made.method, dataset_id=made.dataset_id,
                       base_model_id=made.base_model_id)  # fmt: skip


def _proved(s: Session, export: int, file: int) -> tuple[Job, dict[str, Any]]:
    """An export's job and what it tells of one of its files, which has passed its proof."""
    job = s.get(Job, export)
    if job is None or job.kind != EXPORT.key:
        raise NotFound(job=export)
    if job.status != JobStatus.SUCCEEDED:
        raise Fault("export.not_ready")
    made = files_of(job.result)
    if not 0 <= file < len(made):
        raise Fault("push.no_file", file=file)
    told = made[file]
    if told["error"] or not (told.get("proof") or {}).get("passed", True):
        raise Fault("push.not_proved", name=job.name)
    return job, told


def _inside(path: Path) -> list[PushedFile]:
    """The files of an export. Raises Fault("export.file_gone")."""
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.is_file())
        return [{"name": one.relative_to(path).as_posix(), "bytes": one.stat().st_size} for one in found]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [(one.filename.partition("/")[2], one.file_size) for one in archive.infolist() if not one.is_dir()]
    except (OSError, zipfile.BadZipFile):
        raise Fault("export.file_gone") from None
    return [{"name": name, "bytes": size} for name, size in names]


def _proposed(name: str) -> str:
    """A name for the repository, of the letters that hubs take."""
    plain = "".join(ch if ch.isascii() and (ch.isalnum() or ch in "-_.") else "-" for ch in name.removesuffix(".zip"))
    while "--" in plain or ".." in plain:
        plain = plain.replace("--", "-").replace("..", ".")
    return plain.strip("-.")[:80] or file_name("model", "export")
