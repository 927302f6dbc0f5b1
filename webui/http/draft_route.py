"""The last save of a draft: a page that is being left can only send a plain request, no call of Gradio's."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from engine.core.errors import Fault, TunesmithError
from engine.services.app import drafts
from webui import browser
from webui.draft_shapes import SHAPES, in_shape
from webui.http.refusal import refuse
from webui.site import Site
from webui.wire import unpacked


async def _body(request: Request) -> Any:
    """What was posted as JSON, refused while it is read when it is larger than a draft may be."""
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > drafts.LARGEST_BYTES:
            raise Fault("draft.too_large", kilobytes=len(data) // 1024, most=drafts.LARGEST_BYTES // 1024)
    try:
        return unpacked(json.loads(data), "draft")
    except (ValueError, RecursionError):
        raise Fault("draft.broken") from None


def router(site: Site) -> APIRouter:
    """The route that keeps a draft while its page is left (`fetch` with `keepalive`)."""
    routes = APIRouter()

    @routes.post("/api/drafts/{kind}")
    async def keep(request: Request, kind: str) -> Response:
        if kind not in SHAPES:
            return refuse(request.scope, 404, Fault("web.no_page"))
        try:
            drafts.save_draft(site.ctx, kind, in_shape(kind, await _body(request)), browser.here())
        except TunesmithError as error:
            return refuse(request.scope, 400, error)
        return JSONResponse({"saved": True})

    return routes
