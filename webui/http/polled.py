"""The route by which open pages ask again and again: GET /api/polled/<language>/<view>/<function>?given=[arguments].

Beside Gradio's calls of functions it takes a fraction of the time, those who ask the same share one answer, and whoever has
the newest version already (If-None-Match) gets no content.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.text import LANGUAGES
from webui.components import PolledFunction, noted_views
from webui.http.kept_answers import Answer, KeptAnswers, answered
from webui.http.refusal import refusal
from webui.pages import PAGES
from webui.site import Site

PREFIX = "/api/polled/"
_LONGEST = 8_000  # characters of what is given
_log = logging.getLogger("tunesmith.web")

Functions = Mapping[tuple[str, str], PolledFunction]


def functions_of(site: Site, lang: str) -> Functions:
    """What can be asked in one language, by view and name."""
    found: dict[tuple[str, str], PolledFunction] = {}
    for page in PAGES:
        with noted_views() as placed:
            page.build(site, lang)
        found |= {(view.name, one.name): one for view in placed for one in view.polled}
    return found


class Polled:
    """Answers what is asked at the route and passes everything else on."""

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self._app = app
        self._site = site
        self._functions: dict[str, Functions] = {}
        self._answers = KeptAnswers(self._stamp)
        self._unread = 0

    def _stamp(self) -> int:
        try:
            return self._site.ctx.db.stamp()
        except Exception as error:
            _log.warning("The database does not say whether it has changed: %s", error)
            self._unread -= 1  # nothing is shared then
            return self._unread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await self._app(scope, receive, send)
        return await (await self._response(scope))(scope, receive, send)

    async def _response(self, scope: Scope) -> ASGIApp:
        lang, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        view, _, name = rest.partition("/")
        polled = self._of(lang).get((view, name)) if scope["method"] == "GET" else None
        given = _given(scope["query_string"])
        if polled is None or given is None:
            return refusal(scope, 404, "web.no_page")
        make = partial(_make, polled, given)
        answer = await self._answers.of((lang, view, name, scope["query_string"]), make, polled.seconds)
        return _sent(answer, Headers(scope=scope))

    def _of(self, lang: str) -> Functions:
        if lang not in LANGUAGES:
            return {}
        if lang not in self._functions:
            self._functions[lang] = functions_of(self._site, lang)
        return self._functions[lang]


def _given(query: bytes) -> list[Any] | None:
    """The arguments of a call; None where they are no list."""
    if len(query) > _LONGEST:
        return None
    try:
        given = json.loads(parse_qs(query.decode("ascii")).get("given", ["[]"])[0])
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, list) else None


def _make(polled: PolledFunction, given: list[Any]) -> Answer:
    call: Callable[[list[Any]], dict[str, Any]] = polled.function
    return answered(call(given), polled.adds)


def _sent(answer: Answer, asked: Headers) -> Response:
    headers = {"cache-control": "no-store"}
    if not answer.version:
        return Response(answer.body, media_type="application/json", headers=headers)
    headers["etag"] = f'"{answer.version}"'
    if not answer.adds and asked.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if answer.packed is not None and "gzip" in asked.get("accept-encoding", ""):
        packed = {"content-encoding": "gzip", "vary": "accept-encoding"}
        return Response(answer.packed, media_type="application/json", headers=headers | packed)
    return Response(answer.body, media_type="application/json", headers=headers)
