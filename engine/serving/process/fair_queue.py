"""First come, first served: who may use the model now."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.core.errors import Fault

_MOST_WAITING = 256
_LOOK_SECONDS = 0.2


class FairQueue:
    """A fair queue of threads, of bounded length."""

    def __init__(self, most_waiting: int = _MOST_WAITING) -> None:
        self._most = most_waiting
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many are in the queue, the one whose turn it is included."""
        return len(self._queue)

    @contextmanager
    def turn(self, on_wait: Callable[[int], bool]) -> Iterator[bool]:
        """Hold the turn. While others are before us, `on_wait(how many)` is called; when it says False we give up.

        Yields:
            whether it is our turn; False after giving up.

        Raises:
            Fault: "chat.queue_full".
        """
        me = object()
        with self._changed:
            if len(self._queue) >= self._most:
                raise Fault("chat.queue_full", waiting=len(self._queue))
            self._queue.append(me)
        try:
            yield self._wait(me, on_wait)
        finally:
            with self._changed:
                self._queue.remove(me)
                self._changed.notify_all()

    def _wait(self, me: object, on_wait: Callable[[int], bool]) -> bool:
        with self._changed:
            while (place := self._queue.index(me)) > 0:
                if not on_wait(place):
                    return False
                self._changed.wait(_LOOK_SECONDS)
        return True
