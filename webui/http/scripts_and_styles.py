"""Our modules and style sheets, as they were put together when the server started; packed once for browsers that take it so."""

from __future__ import annotations

import gzip
from functools import cache

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine.core.text import LANGUAGES
from webui.http.refusal import assets
from webui.scripts import scripts

FOREVER = "public, max-age=31536000, immutable"


@cache
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _answer(request: Request, body: bytes, media_type: str, url: str) -> Response:
    current = f"{request.url.path}?{request.url.query}" == url
    headers = {"cache-control": FOREVER if current else "no-cache", "vary": "accept-encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(body, media_type=media_type, headers=headers)
    return Response(_packed(body), media_type=media_type, headers=headers | {"content-encoding": "gzip"})


def router() -> APIRouter:
    """/scripts/<language>/<module> and /styles/<name>.css; 404 for anything else below them."""
    routes = APIRouter()

    @routes.get("/scripts/{lang}/{name:path}")
    def script(request: Request, lang: str, name: str) -> Response:
        if lang not in LANGUAGES or (body := scripts(lang).served.get(name)) is None:
            raise HTTPException(404)
        return _answer(request, body, "text/javascript", scripts(lang).url(name))

    @routes.get("/styles/{name}.css")
    def style(request: Request, name: str) -> Response:
        if (body := assets().styles.get(name)) is None:
            raise HTTPException(404)
        return _answer(request, body, "text/css", assets().style_url(name))

    return routes
