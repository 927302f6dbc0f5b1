"""Refusals and missing things as our own sentences: JSON for programs and views, a page for people."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from engine.core.errors import Fault, TunesmithError
from engine.core.obstacles import STATUS, obstacle, true_reason
from webui.api.errors import PREFIX, error_response
from webui.assets import Assets
from webui.guard import error_value
from webui.http.language import language_of
from webui.http.shell import plain_page
from webui.i18n import t


@cache
def assets() -> Assets:
    """The one description of the static files."""
    return Assets()


def refuse(scope: Scope, status: int, error: TunesmithError) -> Response:
    """An error as a response: a page where the browser asked for one, JSON elsewhere."""
    headers = Headers(scope=scope)
    lang = language_of(headers, scope["path"])
    error = true_reason(error)
    if scope["path"].startswith(PREFIX):
        return error_response(lang, error, status)
    status, value = STATUS.get(error.code, status), error_value(lang, error)
    if "text/html" in headers.get("accept", "") and scope["method"] in ("GET", "HEAD"):
        return HTMLResponse(plain_page(lang, assets(), t(lang, f"web.status.{status}"), value["message"]), status)
    body = json.dumps({"error": value}, ensure_ascii=False)
    return Response(body, status, media_type="application/json")


def refusal(scope: Scope, status: int, code: str, **params: Any) -> Response:
    """A refusal of our own, by its code."""
    return refuse(scope, status, Fault(code, **params))


def unexpected(scope: Scope, error: BaseException) -> Response:
    """What nobody foresaw, as a response: with its reason where the machine is the reason."""
    met = obstacle(error) or TunesmithError()
    return refuse(scope, STATUS.get(met.code, 500), met)
