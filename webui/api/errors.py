"""Errors in OpenAI's shape: {"error": {"message", "type", "param", "code"}} with the status that its clients expect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from engine.core.errors import Fault, NotFound, TunesmithError
from engine.core.obstacles import STATUS, obstacle, true_reason
from webui.guard import error_value

PREFIX = "/v1/"
_INVALID, _BUSY, _BROKEN = "invalid_request_error", "service_unavailable", "server_error"
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_LATER_S, _SOON_S = 30, 5


@dataclass(frozen=True)
class _Kind:
    """How a fault is told."""

    status: int  # of HTTP
    code: str = ""  # that OpenAI has for it; else the fault's own
    retry_s: int = 0  # after which it may be tried again


_KINDS: Mapping[str, _Kind] = {
    "api.no_key": _Kind(401, "invalid_api_key"),
    "api.key_missing": _Kind(401, "invalid_api_key"),
    "api.revoked": _Kind(401, "invalid_api_key"),
    "api.too_many": _Kind(429, "rate_limit_exceeded", _SOON_S),
    "api.too_many_at_once": _Kind(429, "rate_limit_exceeded", _SOON_S),
    "api.no_model": _Kind(404, "model_not_found"),
    "api.no_models": _Kind(404, "model_not_found"),
    "api.no_address": _Kind(404),
    "api.no_method": _Kind(405),
    "api.unknown": _Kind(400, "unknown_parameter"),
    "api.refused": _Kind(400, "unsupported_parameter"),
    "api.missing": _Kind(400, "missing_required_parameter"),
    "api.too_long": _Kind(400, "context_length_exceeded"),
    "api.too_many_characters": _Kind(400, "context_length_exceeded"),
    "template.too_much": _Kind(400, "context_length_exceeded"),
    "web.host": _Kind(400),
    "web.origin": _Kind(403),
    "chat.beyond": _Kind(400),
    "chat.base_gone": _Kind(404, "model_not_found"),
    "chat.tuned_gone": _Kind(404, "model_not_found"),
    "chat.queue_full": _Kind(503, retry_s=_SOON_S),
    "chat.no_memory": _Kind(503, retry_s=_LATER_S),
    "chat.no_memory_alone": _Kind(503, retry_s=_LATER_S),
    "chat.leave_out": _Kind(503, retry_s=_LATER_S),
    "chat.out_of_memory": _Kind(503, retry_s=_LATER_S),
    "chat.killed_for_memory": _Kind(503, retry_s=_LATER_S),
    "chat.weights_coming": _Kind(503, retry_s=_LATER_S),
    "chat.process_died": _Kind(503, retry_s=_SOON_S),
    "api.busy": _Kind(503, retry_s=_SOON_S),
    "web.busy": _Kind(503, retry_s=_SOON_S),
}
_OF_ROOM = {"api": 400, "template": 400, "reward": 400, "chat": 500}  # by what a fault's code begins with


def error_response(language: str, error: BaseException, status: int | None = None) -> Response:
    """An error as a response; `status` where the caller knows better."""
    fault = _told(error)
    kind = _kind(fault, status)
    headers = {"retry-after": str(_retry_s(fault, kind))} if kind.retry_s else {}
    if kind.status == 401:
        headers["www-authenticate"] = "Bearer"
    body = json.dumps(error_body(language, error, status), ensure_ascii=False)
    return Response(body, kind.status, headers, media_type="application/json")


def error_body(language: str, error: BaseException, status: int | None = None) -> dict[str, Any]:
    """{"error": {...}} as OpenAI has it."""
    fault = _told(error)
    kind = _kind(fault, status)
    broken = _BUSY if kind.status in (503, 507) else _BROKEN
    told = {
        "message": error_value(language, fault)["message"],
        "type": _TYPES.get(kind.status, broken if kind.status >= 500 else _INVALID),
        "param": fault.params.get("param"),
        "code": kind.code or fault.code,
    }
    return {"error": told}


def _told(error: BaseException) -> TunesmithError:
    if isinstance(error, TunesmithError):
        return true_reason(error)
    return obstacle(error) or TunesmithError()


def _kind(fault: TunesmithError, status: int | None) -> _Kind:
    if (found := _KINDS.get(fault.code)) is not None:
        return found
    if isinstance(fault, NotFound):
        return _Kind(404, "model_not_found")
    if (met := STATUS.get(fault.code)) is not None:
        return _Kind(met, retry_s=_LATER_S)
    room = fault.code.partition(".")[0] if isinstance(fault, Fault) else ""
    return _Kind(status or _OF_ROOM.get(room, 500))


def _retry_s(fault: TunesmithError, kind: _Kind) -> int:
    """A key's limit says itself when it is over."""
    told = fault.params.get("seconds")
    return max(1, int(told)) if isinstance(told, int | float) else kind.retry_s
