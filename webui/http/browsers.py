"""The layer that knows browsers again: a cookie that outlives the visit, set with the first page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webui import browser
from webui.http.security import SESSION_COOKIE, cookies

COOKIE = "ts_browser"
KEPT_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie; each page sets it anew


class Browsers:
    """Tells what lies below which browser asks (`webui.browser.here`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on under the browser's name; a page that is sent takes the name along."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        known = _known(cookies(Headers(scope=scope)))
        token = browser.enter(known)
        try:
            await self._app(scope, receive, _naming(scope, send, known or browser.new_name()))
        finally:
            browser.leave(token)


def _known(given: Mapping[str, str]) -> str:
    """The name that the browser was given; of one that lost it, a name by its session, so that it shares nothing."""
    name = given.get(COOKIE, "")
    if browser.is_name(name):
        return name
    session = next((value for key, value in given.items() if key.startswith(SESSION_COOKIE)), "")
    return hashlib.sha256(session.encode()).hexdigest()[:40] if session else browser.ANYBODY


def _naming(scope: Scope, send: Send, name: str) -> Send:
    async def naming(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                # Lax: a Strict one stays at home when a link of another site is followed, and would then be replaced.
                secure = "; Secure" if scope["scheme"] == "https" else ""
                kept = f"Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}"
                headers.append("set-cookie", f"{COOKIE}={name}; {kept}")
        await send(message)

    return naming
