"""The last save of a draft: a page that is being left can only send a plain request, no call of Gradio's."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from engine.core.errors import Fault, TunesmithError
from engine.services.app import drafts
from webui import browser
from webui.http.refusal import refuse
from webui.site import Site

KINDS = ("train", "compare", "data_sheet")


async def _body(request: Request) -> dict[str, Any]:
    """The posted JSON object, refused while it is read when it is larger than a draft may be."""
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > drafts.LARGEST_BYTES:
            raise Fault("draft.too_large", kilobytes=len(data) // 1024, most=drafts.LARGEST_BYTES // 1024)
    try:
        content = json.loads(data)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Fault("draft.broken")
    return content


def router(site: Site) -> APIRouter:
    """The route that keeps a draft while its page is left (`fetch` with `keepalive`)."""
    routes = APIRouter()

    @routes.post("/api/drafts/{kind}")
    async def keep(request: Request, kind: str) -> Response:
        if kind not in KINDS:
            return refuse(request.scope, 404, Fault("web.no_page"))
        try:
            drafts.save_draft(site.ctx, kind, await _body(request), browser.here())
        except TunesmithError as error:
            return refuse(request.scope, 400, error)
        return JSONResponse({"saved": True})

    return routes
