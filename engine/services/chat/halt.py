"""A way for one thread to end what another one waits for: whoever asked has left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Halt:
    """Called once, by anybody; it stays called."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._called = False
        self._stop: Callable[[], None] | None = None

    @property
    def called(self) -> bool:
        """Whether it is to end."""
        return self._called

    def call(self) -> None:
        """End it now, or as soon as it begins."""
        with self._lock:
            self._called, stop = True, self._stop
        if stop is not None:
            stop()

    @contextmanager
    def calls(self, stop: Callable[[], None]) -> Iterator[None]:
        """For the time of the block a call does this; at once where it came before."""
        with self._lock:
            self._stop, called = stop, self._called
        if called:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._stop = None
