"""All pages in one language: a Gradio application behind our shell, with only those of its routes that the pages use."""

from __future__ import annotations

import asyncio
import re
import warnings
from contextlib import AsyncExitStack
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webui.gradio_import import gr
from webui.http.language import COOKIE
from webui.http.refusal import assets, refusal
from webui.http.shell import dress
from webui.i18n import t
from webui.pages import PAGES
from webui.site import Site
from webui.theme import make_theme

_GRADIO_PATHS = re.compile(
    r"/(assets/|static/|svelte/|theme\.css$|config$"
    r"|gradio_api/(heartbeat/|component_server/?$|startup-events$|app_id/?$))"  # no page has events: no queue
)
_QUEUE_SECONDS = 0.05
_HASHED = re.compile(r"/assets/|/theme\.css$")
_FOREVER = "public, max-age=31536000, immutable"


def build_blocks(site: Site, lang: str) -> Any:
    """Gradio's description of every page in one language."""
    with gr.Blocks(title="Tunesmith", fill_width=True, analytics_enabled=False) as blocks:
        PAGES[0].build(site, lang)
    for page in PAGES[1:]:
        with blocks.route(t(lang, f"nav.{page.key}"), page.path, show_in_navbar=False):
            page.build(site, lang)
    blocks.queue(max_size=100, default_concurrency_limit=8)
    _calm(blocks)
    return blocks


def _calm(blocks: Any) -> None:
    """Gradio's queue looks for events a thousand times a second: 8 % of a core taken from training. 20 times will do, and none
    where no page has an event of Gradio's own."""
    queue = blocks._queue
    queue.sleep_when_free = _QUEUE_SECONDS
    queue.progress_update_sleep_when_free = _QUEUE_SECONDS * 2
    if not blocks.fns:
        queue.start = lambda: None


def _mount(blocks: Any, lang: str) -> FastAPI:
    holder = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    holder.add_middleware(CORSMiddleware, allow_origins=[])  # with one here, Gradio adds none of its own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # says that it will not do what `ssr_mode=False` already forbids
        _mount_on(holder, blocks, lang)
    return holder


def _mount_on(holder: FastAPI, blocks: Any, lang: str) -> None:
    gr.mount_gradio_app(
        holder,
        blocks,
        path=f"/{lang}",
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        show_error=False,
        allowed_paths=[],
        max_file_size="1mb",
        theme=make_theme(),
    )


class LanguageSite:
    """The ASGI application below /<lang>/. Requests that come before it is built wait for it."""

    def __init__(self, site: Site, lang: str) -> None:
        self.lang = lang
        self._site = site
        self._holder: FastAPI | None = None
        self._started = asyncio.Event()
        self._pages = {f"/{lang}/{page.path}": page for page in PAGES}

    def build(self) -> None:
        """Build the pages; takes a part of a second and needs no running server."""
        self._holder = _mount(build_blocks(self._site, self.lang), self.lang)

    async def start(self, stack: AsyncExitStack) -> None:
        """Build if need be, start Gradio's queue (ended with `stack`) and let waiting requests in."""
        try:
            if self._holder is None:
                await asyncio.to_thread(self.build)
            assert self._holder is not None
            await stack.enter_async_context(self._holder.router.lifespan_context(self._holder))
        finally:
            self._started.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a page in our shell, or one of Gradio's own routes that the pages need."""
        await self._started.wait()
        if self._holder is None:
            return await refusal(scope, 500, "internal")(scope, receive, send)
        path = scope["path"]
        if path in self._pages and scope["method"] in ("GET", "HEAD"):
            return await (await self._page(scope, receive))(scope, receive, send)
        if _GRADIO_PATHS.match(path[len(self.lang) + 1 :]) and ".." not in path:
            return await self._holder(scope, receive, _kept(send) if _HASHED.search(path) else send)
        return await self._elsewhere(scope)(scope, receive, send)

    def _elsewhere(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        other = path + "/" if path == f"/{self.lang}" else path.rstrip("/")
        if other != path and other in self._pages:
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{other}?{query}" if query else other, 308)
        return refusal(scope, 404, "web.no_page")

    async def _page(self, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        assert self._holder is not None
        status, document = await _collect(self._holder, {**scope, "headers": plain, "method": "GET"}, receive)
        if status != 200:
            return refusal(scope, status if status in (404, 500) else 500, "internal")
        scheme = re.search(r"(?:^|;\s*)ts_scheme=(light|dark)", headers.get("cookie", ""))
        page = self._pages[scope["path"]]
        html = dress(document, self.lang, page, assets(), scheme.group(1) if scheme else "")
        response = HTMLResponse(html, headers={"cache-control": "no-store"})
        response.set_cookie(COOKIE, self.lang, max_age=31536000, samesite="strict", httponly=False)
        return response


async def _collect(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, str]:
    parts: list[bytes] = []
    status = 500

    async def collect(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, collect)
    return status, b"".join(parts).decode("utf-8")


def _kept(send: Send) -> Send:
    """Gradio's assets carry a hash in their address: browsers may keep them."""

    async def kept(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            MutableHeaders(scope=message)["cache-control"] = _FOREVER
        await send(message)

    return kept
