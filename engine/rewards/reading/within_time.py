"""Work that a person's pattern or schema makes is given up after a while: no answer may stall the worker."""

from __future__ import annotations

import time

SECONDS = 0.25  # seconds of the processor for one answer


class TookTooLong(Exception):
    """It was given up."""


class Patience:
    """Counts the time of this thread from when it is made."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._until = time.thread_time() + seconds

    def heed(self) -> None:
        """Raises TookTooLong where the time is over."""
        if time.thread_time() > self._until:
            raise TookTooLong
