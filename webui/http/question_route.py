"""Lists of questions: a file in, to be looked at, and the answers out."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from engine.core.errors import Fault, TunesmithError
from engine.core.text import LANGUAGES
from engine.services.chat.answer_tables import answers_table
from engine.services.chat.question_files import LARGEST_BYTES, read_question_file
from engine.shapes.chat import QuestionFile
from webui.http.files import safe_name
from webui.http.language import language_of
from webui.http.refusal import refuse
from webui.i18n import t
from webui.site import Site
from webui.wire import Answer

_MB = 1_000_000


async def _body(request: Request) -> bytes:
    """The posted file, refused while it is read when it is larger than a list may be."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST_BYTES:
            raise Fault("questions.file_too_large", limit=LARGEST_BYTES // _MB)
    return bytes(data)


def _read(site: Site, content: bytes, name: str) -> QuestionFile:
    path = site.ctx.settings.folder("uploads") / f"{uuid.uuid4().hex}.part"
    try:
        path.write_bytes(content)
        return read_question_file(path, name)
    finally:
        path.unlink(missing_ok=True)


def router(site: Site) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/api/questions")
    async def look(request: Request) -> Response:
        name = safe_name(request.headers.get("x-filename", ""))
        try:
            content = await _body(request)
            found = await asyncio.to_thread(_read, site, content, name)
            return JSONResponse(Answer(language_of(request.headers), found).value)
        except TunesmithError as error:
            return refuse(request.scope, 400, error)

    @routes.get("/files/answers/{lang}/{job_id}.{form}")
    def answers(request: Request, lang: str, job_id: int, form: str) -> Response:
        said = partial(t, lang if lang in LANGUAGES else LANGUAGES[0])
        try:
            path, name = answers_table(site.ctx, job_id, form, said)
        except TunesmithError as error:
            return refuse(request.scope, 404, error)
        return FileResponse(path, filename=name, media_type="application/octet-stream")

    return routes
