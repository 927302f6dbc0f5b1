"""One question to a server elsewhere: a plain connection that can be cut from another thread, with bounds on time and size.

Nothing leads anywhere else: no redirect is followed, no proxy and no setting of the environment is used.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from engine.core.characters import whole
from engine.core.errors import Fault
from engine.data.records.record import show
from engine.serving.outside.servers import OutsideServer

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 120.0  # between two pieces; a large model may read a long prompt for so long
MOST_SECONDS = 1800.0  # of a whole answer
MOST_BYTES = 8 * 2**20  # of a whole answer
_PIECE = 1 << 16
_REFUSED = frozenset((401, 403))
_BUSY = frozenset((429, 502, 503, 504, 529))


class CutOff(Exception):
    """Whoever asked wants no more."""


class OutsideCall:
    """Asks once. `cut` ends it from another thread, whatever it waits for.

    Args:
        silent_s: longest wait for the next piece.
    """

    def __init__(
        self, server: OutsideServer, *, connect_s: float = CONNECT_SECONDS, silent_s: float = SILENT_SECONDS
    ) -> None:
        self._server, self._connect_s, self._silent_s = server, connect_s, silent_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._cut = False

    def cut(self) -> None:
        """End it: the server sees that nobody listens any more."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def whole(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """The whole body of an answer. Raises as `pieces`."""
        with self.answer(method, path, body) as (_kind, pieces):
            return b"".join(pieces)

    @contextmanager
    def answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The content type of an answer and its pieces as they come.

        Raises:
            Fault: "outside.…": down, slow, refused, moved, no_model, busy, rejected, broken_off, too_large, unreadable.
            CutOff: it was ended.
        """
        connection = self._connection()
        try:
            with self._told("outside.down"):
                connection.connect()
                self._keep(connection.sock)
                sent = None if body is None else json.dumps(body).encode()
                connection.request(method, urlsplit(self._server.url).path + path, sent, self._headers())
                said = connection.getresponse()
            self._check(said, str((body or {}).get("model", "")))
            yield said.getheader("Content-Type", ""), self._pieces(said)
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._server.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._connect_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._connect_s)

    def _headers(self) -> dict[str, str]:
        key = {"Authorization": f"Bearer {self._server.key}"} if self._server.key else {}
        plain = {"Content-Type": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
        return plain | key

    def _keep(self, opened: socket.socket) -> None:
        with self._lock:
            self._socket = opened
            if self._cut:
                raise CutOff
        opened.settimeout(self._silent_s)

    @contextmanager
    def _told(self, code: str) -> Iterator[None]:
        """Within, what goes wrong with the connection becomes a fault of this code."""
        host = self._server.host
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as error:
            if self._cut:
                raise CutOff from None
            if isinstance(error, TimeoutError):
                waited = self._connect_s if self._socket is None else self._silent_s
                raise Fault("outside.slow", host=host, seconds=round(waited)) from None
            if isinstance(error, http.client.BadStatusLine) and not isinstance(error, OSError):
                raise Fault("outside.unreadable", host=host) from None
            plain = error.strerror if isinstance(error, OSError) else None
            reason = self.without_key(plain or str(error) or type(error).__name__)
            raise Fault(code, host=host, reason=reason) from None

    def _pieces(self, said: http.client.HTTPResponse) -> Iterator[bytes]:
        size, until = 0, time.monotonic() + MOST_SECONDS
        while True:
            with self._told("outside.broken_off"):
                piece = said.read1(_PIECE)
            if self._cut:
                raise CutOff
            if not piece:
                if said.length:  # it had said how long the answer would be
                    raise Fault("outside.broken_off", host=self._server.host, reason="EOF")
                return
            size += len(piece)
            if size > MOST_BYTES:
                raise Fault("outside.too_large", host=self._server.host, limit_mb=MOST_BYTES / 1e6)
            if time.monotonic() > until:
                raise Fault("outside.slow", host=self._server.host, seconds=round(MOST_SECONDS))
            yield piece

    def _check(self, said: http.client.HTTPResponse, model: str) -> None:
        """Raises the fault of a status that is no success."""
        if said.status == 200:
            return
        told: dict[str, Any] = {"host": self._server.host, "status": said.status}
        if said.status in _REFUSED:
            raise Fault("outside.refused", **told)
        if 300 <= said.status < 400:
            raise Fault("outside.moved", **told)
        if said.status == 404 and model:
            raise Fault("outside.no_model", model=model, **told)
        with self._told("outside.broken_off"):
            body = said.read(_PIECE)
        said_so = self.without_key(message_in(body))
        raise Fault("outside.busy" if said.status in _BUSY else "outside.rejected", said=said_so, **told)

    def without_key(self, text: str) -> str:
        """What a server says, as it may be shown: short, and without the key that it was sent."""
        return show(whole(text.replace(self._server.key, "***") if self._server.key else text))


def message_in(body: bytes) -> str:
    """What a server says of an error, where it says it as OpenAI's does; else how it begins."""
    try:
        said = json.loads(body)
        said = said.get("error", said.get("message", said.get("detail")))
        return str(said["message"] if isinstance(said, dict) else said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return body[:200].decode("utf-8", "replace")
