"""Asking a hub over HTTP: an answer has an end and a size, and no key goes where it does not belong."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault

if TYPE_CHECKING:
    import httpx

SECONDS = 8.0  # for an answer
MOST_ANSWER = 16 * 1024 * 1024  # bytes of JSON; a repository of ten thousand files has 3 MB
_AGENT = {"user-agent": "tunesmith"}


class Refused(Exception):
    """A hub's answer is no success; `status` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def client(headers: Mapping[str, str] | None = None, seconds: float = SECONDS) -> httpx.Client:
    """A client that follows a hub to where its files lie; keys stay with the host that they are for."""
    import httpx

    return httpx.Client(headers={**_AGENT, **(headers or {})}, timeout=seconds, follow_redirects=True, max_redirects=5)


def answer(
    asked: httpx.Client, method: str, url: str, most: int = MOST_ANSWER, seconds: float = SECONDS, **more: Any
) -> bytes:
    """The body of an answer, within a time and a size.

    Raises:
        Refused: the hub says no.
        TimeoutError, ValueError: it takes too long, or says too much.
    """
    until, body = time.monotonic() + seconds, bytearray()
    with asked.stream(method, url, **more) as given:
        if given.status_code >= 300:
            raise Refused(given.status_code)
        for block in given.iter_bytes():
            body += block
            if len(body) > most:
                raise ValueError("the answer is too large")
            if time.monotonic() > until:
                raise TimeoutError("the answer takes too long")
    return bytes(body)


def json_of(asked: httpx.Client, method: str, url: str, **more: Any) -> Any:
    """The JSON of an answer. Raises as `answer`, and ValueError where it is no JSON."""
    try:
        return json.loads(answer(asked, method, url, **more))
    except RecursionError:
        raise ValueError("the answer is no sensible JSON") from None


def part_of(asked: httpx.Client, url: str, first: int, count: int, **more: Any) -> bytes:
    """Some bytes of a file. Raises as `answer`, and ValueError where the hub does not give parts."""
    wanted = {"range": f"bytes={first}-{first + count - 1}"}
    body = bytearray()
    with asked.stream("GET", url, headers=wanted, **more) as given:
        if given.status_code not in (200, 206):
            raise Refused(given.status_code)
        if given.status_code == 200 and first:
            raise ValueError("the hub does not give parts of files")
        for block in given.iter_bytes():
            body += block
            if len(body) >= count:
                break
    return bytes(body[:count])


def as_fault(error: Exception, name: str) -> Fault:
    """What went wrong with a hub, as a fault of ours."""
    from engine.core.obstacles import obstacle

    if isinstance(error, Fault):
        return error
    if isinstance(error, Refused) and error.status in (401, 403):
        return Fault("model.gated", name=name)
    if isinstance(error, Refused) and error.status == 404:
        return Fault("model.not_found", name=name)
    if (met := obstacle(error)) is not None:
        return met
    reason = (str(error).splitlines() or [type(error).__name__])[0][:300] or type(error).__name__
    return Fault("model.hub_unreachable", name=name, reason=reason)
