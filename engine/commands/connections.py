"""Connections to the server: how many one address may hold, and how long it may take to say what it wants."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20.0  # for a request's first line and headers
HEAD_BYTES = 65_536  # of them, before a request is looked at
MOST_OF_ONE_ADDRESS = 512
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_open: Counter[str] = Counter()  # connections by address


def most_of_one_address() -> int:
    """Half of the files that this process may have open, so that nobody alone takes them all."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_OF_ONE_ADDRESS if files < 0 else max(16, min(MOST_OF_ONE_ADDRESS, files // 2))


class Connection(H11Protocol):
    """One connection. Uvicorn itself waits for ever for the end of headers."""

    trusted = ""  # address of the proxy, whose connections are those of many people
    head_seconds = HEAD_SECONDS  # see HEAD_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, unless its address has too many connections."""
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        self._address = self.client[0] if self.client else ""
        _open[self._address] += 1
        if self._address != self.trusted and _open[self._address] > most_of_one_address():
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._stop_waiting()
        _open[self._address] -= 1
        if _open[self._address] <= 0:
            del _open[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a piece; the time for headers ends with them."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None:
            self._wait()

    def _wait(self) -> None:
        self._late = self.loop.call_later(self.head_seconds, self._give_up)

    def _give_up(self) -> None:
        self._late = None
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
