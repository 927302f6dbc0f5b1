"""The end of an answer that nobody reads any more: a page that is being left can only send a plain request."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from webui.site import Site


def router(site: Site) -> APIRouter:
    """The route that stops a conversation while its page is left (`fetch` with `keepalive`)."""
    routes = APIRouter()

    @routes.post("/api/chats/{conversation}/stop")
    def stop(conversation: int) -> Response:
        site.chat.stop(conversation)
        return JSONResponse({"stopped": True})

    return routes
