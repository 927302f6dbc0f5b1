"""What a request may bring: the one place that says how large, how deep and how slow, in front of every route.

Routes below `_STREAMED` take files: they write what comes to the disk, and refuse by limits of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.core.errors import Fault
from webui.http.refusal import refuse

MB = 1_000_000
_AT_ONCE = 1 << 18  # bytes that are looked at in one go: memory stays small
_STREAMED = ("/api/uploads", "/api/questions")  # bodies that are written down as they come


@dataclass(frozen=True)
class Limits:
    """Of one request."""

    body_bytes: int = 16 * MB  # of a body that is held in memory
    depth: int = 100  # of brackets within brackets in JSON
    target_bytes: int = 8_192  # of path and query
    headers: int = 100  # how many
    header_bytes: int = 32_768  # all together
    silence_s: float = 30.0  # between two pieces of a body
    body_s: float = 120.0  # for a whole body that is held in memory
    held_bytes: int = 256 * MB  # of all bodies that are held in memory at one time
    least_bytes_per_s: int = 1_000  # of a file that is sent, on average after `silence_s`


USUAL = Limits()


class RequestLimits:
    """Refuses what is beyond the limits before a route sees it; bodies that are held in memory come whole or not at all."""

    def __init__(self, app: ASGIApp, limits: Limits | None = None) -> None:
        self._app = app
        self._limits = limits or USUAL
        self._held = 0  # bytes of bodies in memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body as far as it may be, and pass on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = _Body()
        try:
            whole = await self._taken(scope, receive, body)
        except _Gone:
            return self._release(body)
        except _Refused as refused:
            self._release(body)
            return await refuse(scope, refused.status, refused.fault)(scope, receive, _closing(send))
        try:
            return await self._app(scope, whole, send)
        finally:
            self._release(body)

    def _release(self, body: _Body) -> None:
        self._held -= body.size
        body.size = 0
        body.pieces.clear()

    async def _taken(self, scope: Scope, receive: Receive, body: _Body) -> Receive:
        self._check_head(scope)
        if scope["path"].startswith(_STREAMED):
            return _Watched(receive, self._limits)
        if scope["method"] in ("GET", "HEAD", "OPTIONS") and not _has_body(scope):
            return receive
        return await self._whole(scope, receive, body)

    def _check_head(self, scope: Scope) -> None:
        limits, headers = self._limits, scope["headers"]
        length = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])
        if length > limits.target_bytes:
            raise _Refused(414, Fault("web.address_too_long", limit=limits.target_bytes))
        if len(headers) > limits.headers or sum(len(n) + len(v) for n, v in headers) > limits.header_bytes:
            raise _Refused(431, Fault("web.headers_too_large", limit=limits.header_bytes))

    async def _whole(self, scope: Scope, receive: Receive, body: _Body) -> Receive:
        """The body, read now, as something to be received."""
        limits = self._limits
        declared = Headers(scope=scope).get("content-length", "0")
        if len(declared) > 18 or (declared.isdecimal() and int(declared) > limits.body_bytes):
            raise self._too_large()
        until, more = time.monotonic() + limits.body_s, True
        while more:
            message = await _next(receive, min(limits.silence_s, until - time.monotonic()))
            more = message.get("more_body", False)
            self._hold(body, message.get("body", b""))
        content = b"".join(body.pieces)
        body.pieces.clear()
        if await _is_deeper(content, limits.depth):
            raise _Refused(400, Fault("web.too_deep", limit=limits.depth))
        return _given(content, receive)

    def _hold(self, body: _Body, piece: bytes) -> None:
        body.pieces.append(piece)
        body.size += len(piece)
        self._held += len(piece)
        if body.size > self._limits.body_bytes:
            raise self._too_large()
        if self._held > self._limits.held_bytes:
            raise _Refused(503, Fault("web.busy"))

    def _too_large(self) -> _Refused:
        return _Refused(413, Fault("web.body_too_large", limit=self._limits.body_bytes // MB))


@dataclass
class _Body:
    """What has come of a body."""

    pieces: list[bytes] = field(default_factory=list)  # in order, until they are put together
    size: int = 0  # bytes that it takes from what all may hold


class _Gone(Exception):
    """Whoever asked has left."""


class _Refused(Exception):
    def __init__(self, status: int, fault: Fault) -> None:
        self.status, self.fault = status, fault


def _has_body(scope: Scope) -> bool:
    names = {name for name, _ in scope["headers"]}
    return b"content-length" in names or b"transfer-encoding" in names


async def _next(receive: Receive, seconds: float) -> Message:
    try:
        message = await asyncio.wait_for(receive(), max(0.001, seconds))
    except TimeoutError:
        raise _Refused(408, Fault("web.too_slow")) from None
    if message["type"] == "http.disconnect":
        raise _Gone
    return message


def _given(body: bytes, receive: Receive) -> Receive:
    """The body at once, then whatever else there is to hear: that the asker has left."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


class _Watched:
    """Passes pieces of a long body on; a sender that falls silent, or drips, is taken for one that has left."""

    def __init__(self, receive: Receive, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._receive, self._limits, self._clock = receive, limits, clock
        self._began, self._size, self._ended = clock(), 0, False

    async def __call__(self) -> Message:
        if self._ended:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._limits.silence_s)
        except TimeoutError:
            return {"type": "http.disconnect"}
        self._size += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        seconds = self._clock() - self._began
        drips = seconds > self._limits.silence_s and self._size < seconds * self._limits.least_bytes_per_s
        return {"type": "http.disconnect"} if drips and not self._ended else message


def _closing(send: Send) -> Send:
    """The rest of a refused body is not read: the connection ends with the answer."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
        await send(message)

    return closing


async def _is_deeper(body: bytes, depth: int) -> bool:
    if body.count(b"[") + body.count(b"{") <= depth:  # nearly always
        return False
    return await asyncio.to_thread(nesting, body) > depth


def nesting(body: bytes) -> int:
    """How deep the brackets of a JSON text are within each other; those within its strings do not count."""
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    deepest = depth = quotes = 0
    for start in range(0, len(plain), _AT_ONCE):
        letters = np.frombuffer(plain, np.uint8, min(_AT_ONCE, len(plain) - start), start)
        marks = np.cumsum(letters == ord('"'), dtype=np.uint32) + quotes % 2
        steps: Any = _STEPS[letters]
        steps[marks % 2 == 1] = 0
        depths = np.cumsum(steps, dtype=np.int32) + depth
        deepest, depth, quotes = max(deepest, int(depths.max())), int(depths[-1]), int(marks[-1])
    return deepest


_STEPS = np.zeros(256, dtype=np.int8)
_STEPS[[ord("["), ord("{")]], _STEPS[[ord("]"), ord("}")]] = 1, -1
