"""The addresses of the API. Everything that takes time happens in threads of its own (`webui.api.bridge`)."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from engine.api.access import Access
from engine.api.answering import Used
from engine.api.declaration import ApiEndpoint
from engine.api.names import find_served, served_models
from engine.api.params import CHAT, COMPLETIONS, EMBEDDINGS
from engine.api.turns import Asker, KeyTurns
from engine.core.errors import Fault, TunesmithError
from engine.services.chat.halt import Halt
from webui.api.bridge import Bridge, Crossing
from webui.api.chat import chat_answer
from webui.api.completions import completion_answer
from webui.api.embeddings import embedding_answer
from webui.api.errors import error_body, error_response
from webui.api.sending import Event, Sent, Whole, event, whole
from webui.api.shapes import model_shape
from webui.site import Site

Answer = Callable[[Asker, Mapping[str, Any], Halt, Used], Iterator[Sent]]
_AT_ONCE = 300  # requests of all keys
_SILENCE_S = 15.0  # of a stream, until a comment shows that it is alive
_ALIVE = b": still working\n\n"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_ANSWERS: tuple[tuple[ApiEndpoint, Answer], ...] = (
    (CHAT, chat_answer),
    (COMPLETIONS, completion_answer),
    (EMBEDDINGS, embedding_answer),
)
_log = logging.getLogger("tunesmith.api")


@dataclass(frozen=True)
class _Door:
    """What all addresses share."""

    language_of: Callable[[Headers], str]
    access: Access
    turns: KeyTurns
    bridge: Bridge

    async def respond(self, request: Request, work: Callable[[Asker, Halt, Used], Iterator[Sent]]) -> Response:
        """The response to a request that somebody with a key makes."""
        language, given = self.language_of(request.headers), request.headers.get("authorization", "")

        def inside(halt: Halt) -> Iterator[Sent]:
            with self.access.entered(given) as key:
                used = Used()
                try:
                    yield from work(self.turns.asker(key.id, key.owner), halt, used)
                finally:
                    self.access.count(key, used.prompt + used.written)

        try:
            crossing = self.bridge.begin(inside)
            first = await crossing.heard(request.receive)
        except Exception as error:
            return self._refused(language, error)
        if isinstance(first, Event):
            return StreamingResponse(
                self._events(language, first, crossing),
                media_type="text/event-stream",
                headers={"cache-control": "no-store", "x-accel-buffering": "no"},
            )
        if isinstance(first, Whole):
            return Response(first.body, media_type="application/json", headers={"cache-control": "no-store"})
        return Response(status_code=499)  # nobody is there any more

    async def _events(self, language: str, first: Event, crossing: Crossing) -> AsyncIterator[bytes]:
        try:
            yield first.lines
            async for item in crossing.rest(_SILENCE_S):
                yield _ALIVE if item is None else item.lines
        except Exception as error:
            _note(error)
            yield event(error_body(language, error)).lines
        finally:
            crossing.halt.call()

    def _refused(self, language: str, error: Exception) -> Response:
        _note(error)
        return error_response(language, error)


def router(site: Site, language_of: Callable[[Headers], str]) -> APIRouter:
    """The routes under /v1. `language_of` says in which language a request wants its errors."""
    routes = APIRouter()
    door = _Door(language_of, Access(site.ctx), KeyTurns(site.ctx, site.chat), Bridge(_AT_ONCE))
    for endpoint, answer in _ANSWERS:
        routes.add_api_route(endpoint.path, _posted(door, endpoint, answer), methods=["POST"])
    routes.add_api_route("/v1/models", _listed(door), methods=["GET"])
    routes.add_api_route("/v1/models/{name:path}", _looked_up(door), methods=["GET"])
    routes.add_api_route("/v1/{path:path}", _unknown(door), methods=_METHODS)
    return routes


def _posted(door: _Door, endpoint: ApiEndpoint, answer: Answer) -> Callable[[Request], Any]:
    async def posted(request: Request) -> Response:
        body = await request.body()

        def work(asker: Asker, halt: Halt, used: Used) -> Iterator[Sent]:
            return answer(asker, endpoint.read(parsed(body)), halt, used)

        return await door.respond(request, work)

    return posted


def _listed(door: _Door) -> Callable[[Request], Any]:
    async def listed(request: Request) -> Response:
        def work(asker: Asker, _halt: Halt, _used: Used) -> Iterator[Sent]:
            found = [model_shape(model) for model in served_models(asker.ctx, asker.owner)]
            yield whole({"object": "list", "data": found})

        return await door.respond(request, work)

    return listed


def _looked_up(door: _Door) -> Callable[[Request, str], Any]:
    async def looked_up(request: Request, name: str) -> Response:
        def work(asker: Asker, _halt: Halt, _used: Used) -> Iterator[Sent]:
            yield whole(model_shape(find_served(asker.ctx, name, asker.owner)))

        return await door.respond(request, work)

    return looked_up


def _unknown(door: _Door) -> Callable[[Request, str], Any]:
    async def unknown(request: Request, path: str) -> Response:
        known = [*(endpoint.path for endpoint, _ in _ANSWERS), "/v1/models"]
        code = "api.no_method" if f"/v1/{path}" in known or path.startswith("models/") else "api.no_address"
        fault = Fault(code, given=f"{request.method} /v1/{path}"[:120], known=", ".join(known))
        return error_response(door.language_of(request.headers), fault)

    return unknown


def parsed(body: bytes) -> Any:
    """The JSON of a request. Raises Fault("api.no_json") which says where it breaks off."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Fault("api.no_json", line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):  # no UTF-8, or a number of thousands of digits
        raise Fault("api.no_json", line=1, column=1) from None


def _refuse(name: str) -> NoReturn:
    raise Fault("api.not_finite", given=name)


def _note(error: Exception) -> None:
    if isinstance(error, TunesmithError):
        _log.info("%s", str(error)[:2000])
    else:
        _log.error("a request of the API failed", exc_info=error)
