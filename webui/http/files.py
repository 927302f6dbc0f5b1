"""Files in and out: uploads streamed to the home folder, downloads of what jobs made."""

from __future__ import annotations

import asyncio
import logging
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, TunesmithError
from engine.core.obstacles import STATUS, obstacle
from engine.core.settings import Settings
from engine.services.data import export as data_export
from engine.services.data import rejected_rows
from engine.services.data.making.documents import take_documents
from engine.services.data.taking_in import take_in
from engine.services.jobs import spec_files
from engine.services.models import taken, tuned
from webui.http.refusal import refuse
from webui.http.upload_group import UploadGroup
from webui.site import Site

log = logging.getLogger("tunesmith.web")
_STATUS = {
    "web.upload_too_large": 413,
    "web.disk_full": 507,
    "web.upload_nameless": 400,
    "web.upload_incomplete": 400,
    "web.upload_too_many": 400,
    "not_found": 404,
    "internal": 500,
    **STATUS,
}
_SPARE_MB = 200  # disk that an upload must leave free
_MB = 1_000_000
Take = Callable[[Context, Sequence[tuple[Path, str]]], Mapping[str, Any]]


def safe_name(header: str) -> str:
    """A file's name as the browser sent it (percent-encoded), fit to be shown: no folder, no control or direction marks."""
    name = unquote(header).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C").strip()
    stem, dot, suffix = shown.rpartition(".")
    return f"{stem[:180]}{dot}{suffix[:20]}" if dot else shown[:200]


def _number(header: str) -> int:
    return int(header) if header.isdecimal() and len(header) < 20 else 0


class _Incoming:
    """One upload that is being received: a temporary file under home/uploads, removed unless it is handed over."""

    def __init__(self, settings: Settings, taken: int = 0) -> None:
        self._limit = settings.max_upload_mb * _MB - taken
        self._settings = settings
        self.path = settings.folder("uploads") / f"{uuid.uuid4().hex}.part"

    def check(self, size: int) -> None:
        """Raises Fault when `size` bytes are more than allowed or more than the disk has."""
        if size > self._limit:
            raise Fault("web.upload_too_large", limit=self._settings.max_upload_mb)
        free = shutil.disk_usage(self._settings.home).free
        if size and size + _SPARE_MB * _MB > free:
            raise Fault("web.disk_full", free=free // _MB, size=size // _MB)

    async def receive(self, request: Request) -> None:
        """Stream the body to disk in pieces: memory stays small however large the file."""
        declared = _number(request.headers.get("content-length", ""))
        self.check(declared)
        written = 0
        with self.path.open("wb") as file:
            async for piece in request.stream():
                written += len(piece)
                if written > self._limit:
                    raise Fault("web.upload_too_large", limit=self._settings.max_upload_mb)
                await asyncio.to_thread(file.write, piece)
        if declared and written != declared:
            raise Fault("web.upload_incomplete", got=written, size=declared)


async def _store(site: Site, request: Request, take: Take) -> Mapping[str, Any]:
    """What `take` gives; {"waiting": files that are here} while more of the same group are to come."""
    name = safe_name(request.headers.get("x-filename", ""))
    if not name:
        raise Fault("web.upload_nameless")
    key = request.headers.get("x-group", "")
    group = UploadGroup(site.ctx.settings, key) if key else None
    incoming = _Incoming(site.ctx.settings, group.size() if group else 0)
    try:
        await incoming.receive(request)
        if group is None:
            return await asyncio.to_thread(take, site.ctx, [(incoming.path, name)])
        return await asyncio.to_thread(_grouped, site, group, incoming.path, name, request, take)
    except ClientDisconnect as gone:
        raise Fault("web.upload_incomplete", got=0, size=0) from gone
    except OSError as error:
        log.exception("upload failed")
        reason = error.strerror or type(error).__name__
        raise obstacle(error, site.ctx.settings.home) or Fault("web.disk_write", reason=reason) from error
    finally:
        incoming.path.unlink(missing_ok=True)


def _grouped(site: Site, group: UploadGroup, path: Path, name: str, request: Request, take: Take) -> Mapping[str, Any]:
    place, count = (_number(request.headers.get(key, "")) for key in ("x-group-place", "x-group-count"))
    group.take(path, name, place)
    if place + 1 < count:
        return {"waiting": place + 1}
    try:
        return take(site.ctx, group.files(count))
    finally:
        group.remove()


def _refused(request: Request, error: TunesmithError) -> Response:
    return refuse(request.scope, _STATUS.get(error.code, 400), error)


def _contained(settings: Settings, path: Path) -> Path:
    """`path`, sure to lie in the home folder and to exist."""
    real = path.resolve()
    if not real.is_relative_to(settings.home.resolve()) or not real.is_file():
        raise NotFound()
    return real


def _download(site: Site, path: Path, name: str) -> Response:
    return FileResponse(_contained(site.ctx.settings, path), filename=name, media_type="application/octet-stream")


def router(site: Site) -> APIRouter:
    """The routes for uploads and downloads."""
    routes = APIRouter()

    @routes.post("/api/uploads")
    async def upload(request: Request) -> Response:
        try:
            return JSONResponse(await _store(site, request, take_in))
        except TunesmithError as error:
            return _refused(request, error)

    @routes.post("/api/documents")
    async def documents(request: Request) -> Response:
        try:
            return JSONResponse(await _store(site, request, take_documents))
        except TunesmithError as error:
            return _refused(request, error)

    @routes.get("/files/export/{job_id}")
    def export(request: Request, job_id: int) -> Response:
        try:
            return _download(site, *tuned.export_file(site.ctx, job_id))
        except TunesmithError as error:
            return _refused(request, error)

    @routes.get("/files/export/{job_id}/{number}")
    def exported(request: Request, job_id: int, number: int) -> Response:
        try:
            return _download(site, *taken.exported_file(site.ctx, job_id, number))
        except TunesmithError as error:
            return _refused(request, error)

    @routes.get("/files/dataset-export/{key}")
    def dataset_export(request: Request, key: str) -> Response:
        try:
            return _download(site, *data_export.export_file(site.ctx, key))
        except TunesmithError as error:
            return _refused(request, error)

    _add_texts(routes, site)
    return routes


def _add_texts(routes: APIRouter, site: Site) -> None:
    """Downloads that are written while they are sent."""

    @routes.get("/files/rejected/{dataset}")
    def rejected(request: Request, dataset: int) -> Response:
        try:
            pieces, name = rejected_rows.rejected_file(site.ctx, dataset)
        except TunesmithError as error:
            return _refused(request, error)
        disposition = f"attachment; filename*=UTF-8''{quote(name)}"
        return StreamingResponse(
            pieces, media_type="application/octet-stream", headers={"Content-Disposition": disposition}
        )

    @routes.get("/files/spec/{job_id}.yaml")
    def spec(request: Request, job_id: int) -> Response:
        try:
            text = spec_files.spec_yaml(site.ctx, job_id)
        except TunesmithError as error:
            return _refused(request, error)
        disposition = f"attachment; filename*=UTF-8''{quote(f'tunesmith-job-{job_id}.yaml')}"
        return Response(text, media_type="application/yaml", headers={"Content-Disposition": disposition})
