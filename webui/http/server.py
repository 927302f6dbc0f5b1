"""The web server: our routes, one Gradio site for each language, and the guard in front of both."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.obstacles import obstacle, sources
from engine.core.text import LANGUAGES
from storage.queries.job_lists import count_active
from webui.api.router import router as api_router
from webui.http import chat_route, draft_route, files, question_route, scripts_and_styles
from webui.http.browsers import Browsers
from webui.http.language import language_of
from webui.http.language_site import LanguageSite
from webui.http.limits import RequestLimits
from webui.http.polled import Polled
from webui.http.proxies import Proxies
from webui.http.refusal import assets, refusal, unexpected
from webui.http.security import Guard, Hosts, Sessions, session_key
from webui.pages import PAGES
from webui.scripts import FOLDER
from webui.site import Site

log = logging.getLogger("tunesmith.web")
FOREVER = "public, max-age=31536000, immutable"


class _Static(StaticFiles):
    """Static files; those asked for by their version may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = path.startswith("vendor/fonts/") or assets().is_current(path, scope["query_string"].decode("latin-1"))
        response.headers["cache-control"] = FOREVER if kept else "no-cache"
        return response


class _ByLanguage:
    """Sends /en/... and /zh/... to their sites, everything else to our own routes."""

    def __init__(self, app: ASGIApp, sites: dict[str, LanguageSite]) -> None:
        self._app = app
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self._sites.get(scope["path"].split("/", 2)[1]) if scope["type"] == "http" else None
        await (chosen or self._app)(scope, receive, send)


async def _start_all(sites: dict[str, LanguageSite], stack: AsyncExitStack) -> None:
    for site in sites.values():
        try:
            await site.start(stack)
        except Exception:
            log.exception("the pages in %s could not be built", site.lang)


def _add_routes(app: FastAPI, site: Site) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, str]:  # waits for no thread, however many calls hold one
        return {"status": "ok"}

    @app.get("/api/pulse")
    def pulse() -> dict[str, int]:
        with site.ctx.db.read() as session:
            return {"running": count_active(session)}

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return FileResponse(FOLDER / "favicon.svg", media_type="image/svg+xml")

    def to_language(request: Request) -> Response:
        lang = language_of(Headers(scope=request.scope))
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{lang}{request.url.path}{query}", 307, headers={"vary": "cookie, accept-language"})

    for page in PAGES:
        app.add_api_route(f"/{page.path}", to_language, methods=["GET", "HEAD"])
    app.include_router(scripts_and_styles.router())
    app.include_router(files.router(site))
    app.include_router(chat_route.router(site))
    app.include_router(draft_route.router(site))
    app.include_router(question_route.router(site))
    app.include_router(api_router(site, language_of))
    app.mount("/static", _Static(directory=FOLDER))


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if error.status_code in (404, 405):
            return refusal(request.scope, error.status_code, "web.no_page")
        return JSONResponse({"error": {"message": str(error.detail), "code": "web", "faults": {}}}, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, _error: RequestValidationError) -> Response:
        return refusal(request.scope, 404, "web.no_page")

    async def refused(request: Request, error: Exception) -> Response:
        if obstacle(error) is None:
            raise error
        log.warning("%s: %s", request.url.path, error)
        return unexpected(request.scope, error)

    for kind in sources():
        app.add_exception_handler(kind, refused)

    @app.exception_handler(Exception)
    async def any_error(request: Request, error: Exception) -> Response:
        log.error("%s failed", request.url.path, exc_info=error)
        return unexpected(request.scope, error)


def create_app(site: Site) -> FastAPI:
    """The whole web application. The pages of the first language are built at once, the others once the server runs."""
    sites = {lang: LanguageSite(site, lang) for lang in LANGUAGES}
    sites[LANGUAGES[0]].build()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            starting = asyncio.create_task(_start_all(sites, stack))
            yield
            await starting

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    _add_routes(app, site)
    _add_errors(app)
    app.add_middleware(_ByLanguage, sites=sites)
    app.add_middleware(Browsers)
    app.add_middleware(Polled, site=site)
    app.add_middleware(RequestLimits)
    settings = site.ctx.settings
    hosts = Hosts(settings.host, settings.public_host)
    app.add_middleware(Guard, hosts=hosts, sessions=_sessions(settings.home))
    app.add_middleware(Proxies, trusted=settings.proxy)
    return app


def _sessions(home: Path) -> Sessions:
    """Signed with the key in the home folder; where none can be kept there, with one that lasts as long as the server."""
    try:
        return Sessions(session_key(home))
    except OSError as error:
        log.warning("The key of the sessions could not be kept: %s", error)
        return Sessions(secrets.token_bytes(32))
