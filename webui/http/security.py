"""The guard in front of every route: known hosts, same origin, a session, and headers that keep the page to itself."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import os
import secrets
import socket
import stat
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webui.http.refusal import refusal

CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio compiles its own templates in the page
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_KEY_BYTES = 32
_log = logging.getLogger(__name__)
SESSION_COOKIE = "ts_session_"  # how the names of session cookies begin
_SAFE = ("GET", "HEAD", "OPTIONS")
_LOCAL = ("127.0.0.1", "localhost", "::1")
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


def session_key(home: Path) -> bytes:
    """The secret that signs session cookies, kept in the home folder so that open pages survive a restart.

    One that cannot be used (of another length, no file, not readable) is made anew; open pages then ask to be loaded again. Where
    none can be written, this server has one of its own.
    """
    file = home / "session.key"
    if (key := _kept_key(file)) is not None:
        return key
    if os.path.lexists(file):
        _log.warning(
            "%s is no key of %d bytes: a new one is made, and open pages must be loaded again.", file, _KEY_BYTES
        )
    made = secrets.token_bytes(_KEY_BYTES)
    try:
        _put_key(file, made)
    except OSError as error:
        _log.warning("%s could not be written (%s): after a restart, open pages must be loaded again.", file, error)
        return made
    return _kept_key(file) or made


def _kept_key(file: Path) -> bytes | None:
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size != _KEY_BYTES:
            return None
        return file.read_bytes()
    except OSError:
        return None


def _put_key(file: Path, key: bytes) -> None:
    """Whole or not at all; of two servers that begin together, both read the same afterwards."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key)
        if file.is_dir() and not file.is_symlink():
            file.rename(file.with_name(f"{file.name}.folder-{secrets.token_hex(4)}"))
        if os.path.lexists(file):
            draft.replace(file)
        else:
            _give_name(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _give_name(draft: Path, file: Path) -> None:
    """Only where nobody else did; some file systems know no second names."""
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    except OSError:
        draft.replace(file)


def host_name(header: str) -> str:
    """The host of a Host header, without its port: "[::1]:7860" -> "::1". Raises ValueError when it is malformed."""
    parts = urlsplit(f"//{header}")
    _ = parts.port  # raises ValueError where it is none
    return (parts.hostname or "").lower()


def cookies(headers: Headers) -> dict[str, str]:
    """The request's cookies; a malformed header has none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


class Sessions:
    """Signed session cookies, without a table: a nonce and its HMAC."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Browsers share cookies between ports: two servers of two homes must not overwrite each other's.
        self.cookie = SESSION_COOKIE + hashlib.sha256(key).hexdigest()[:8]

    def _sign(self, nonce: str) -> str:
        return hmac.new(self._key, nonce.encode(), hashlib.sha256).hexdigest()

    def new(self) -> str:
        """The value of a new session's cookie."""
        nonce = secrets.token_urlsafe(18)
        return f"{nonce}.{self._sign(nonce)}"

    def valid(self, value: str) -> bool:
        """Whether this server's key signed `value`."""
        nonce, _, signature = value.rpartition(".")
        return bool(nonce) and hmac.compare_digest(self._sign(nonce).encode(), signature.encode())


@dataclass(frozen=True)
class Hosts:
    """The names under which this server may be asked: protects against DNS rebinding."""

    bound: str  # address that the server listens on
    public: str = ""  # name under which it is reached behind a proxy

    def allows(self, header: str) -> bool:
        """Whether a Host header names this server."""
        try:
            name = host_name(header)
        except ValueError:
            return False
        if name in _LOCAL or name == self.bound.strip("[]").lower() or (self.public and name == self.public):
            return True
        return self.bound in _EVERYWHERE and (_is_address(name) or name == socket.gethostname().lower())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def same_origin(headers: Headers, method: str) -> bool:
    """Whether a request comes from our own pages (or from a program, or from the address bar)."""
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "none")
    if method in _SAFE:
        followed_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return site in ("same-origin", "none") or followed_link
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return False
    return site in ("same-origin", "none")


def needs_session(path: str) -> bool:
    """Paths that do or tell something; pages and static files do not."""
    return path.startswith(("/api/", "/files/")) or "/gradio_api/" in path or path.endswith("/config")


class Guard:
    """The outermost layer of the web server."""

    def __init__(self, app: ASGIApp, *, hosts: Hosts, sessions: Sessions) -> None:
        self._app = app
        self._hosts = hosts
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with our headers."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        session = cookies(Headers(scope=scope)).get(self._sessions.cookie, "")
        fresh = "" if self._sessions.valid(session) else self._sessions.new()
        response = self._refusal(scope, bool(fresh))
        return await (response or self._app)(scope, receive, self._dressed(scope, send, fresh))

    def _refusal(self, scope: Scope, anonymous: bool) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if not self._hosts.allows(headers.get("host", "")):
            return refusal(scope, 400, "web.host", host=headers.get("host", "")[:80])
        if not same_origin(headers, scope["method"]):
            return refusal(scope, 403, "web.origin")
        if anonymous and needs_session(scope["path"]):
            return refusal(scope, 401, "web.session")
        return None

    def _dressed(self, scope: Scope, send: Send, fresh: str) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if (
                    fresh
                    and headers.get("content-type", "").startswith("text/html")
                    and message["status"] not in (400, 403)
                ):
                    secure = "; Secure" if scope["scheme"] == "https" else ""
                    cookie = f"{self._sessions.cookie}={fresh}; Path=/; HttpOnly; SameSite=Strict{secure}"
                    headers.append("set-cookie", cookie)
            await send(message)

        return dressed
