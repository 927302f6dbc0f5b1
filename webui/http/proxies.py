"""Headers with which a proxy tells who asked it, and under which name: believed of the one proxy that was named, else dropped."""

from __future__ import annotations

import ipaddress

from starlette.types import ASGIApp, Receive, Scope, Send

_TOLD = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-original-", b"x-rewrite-url")
_SCHEMES = ("http", "https")


def is_address(text: str) -> bool:
    """Whether a setting names an address (not a name: names can be made to point anywhere)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Proxies:
    """The outermost layer: what lies below sees the name, scheme and address that count, and no header of a proxy."""

    def __init__(self, app: ASGIApp, *, trusted: str) -> None:
        self._app = app
        self._trusted = ipaddress.ip_address(trusted) if trusted else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, without the headers of proxies."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        told = {name: value for name, value in scope["headers"] if name.startswith(_TOLD)}
        if not told:
            return await self._app(scope, receive, send)
        headers = [(name, value) for name, value in scope["headers"] if name not in told]
        cleaned: Scope = {**scope, "headers": headers}
        return await self._app(_believed(cleaned, told) if self._comes_from_it(scope) else cleaned, receive, send)

    def _comes_from_it(self, scope: Scope) -> bool:
        client = scope.get("client")
        try:
            return self._trusted is not None and client is not None and ipaddress.ip_address(client[0]) == self._trusted
        except ValueError:
            return False


def _believed(scope: Scope, told: dict[bytes, bytes]) -> Scope:
    """A request as the proxy got it. Of lists the last entry counts: it is the proxy's own."""
    host, scheme, client = (_last(told.get(name, b"")) for name in _NAMES)
    found = dict(scope)
    if host:
        found["headers"] = [*((n, v) for n, v in scope["headers"] if n != b"host"), (b"host", host.encode("latin-1"))]
    if scheme in _SCHEMES:
        found["scheme"] = scheme
    if is_address(client):
        found["client"] = (client, 0)
    return found


_NAMES = (b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-for")


def _last(value: bytes) -> str:
    return value.decode("latin-1").rsplit(",", 1)[-1].strip()
