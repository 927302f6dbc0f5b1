"""Answers that many pages ask for at once: worked out once, and kept while nothing is written."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.core.context import Context

Answer = TypeVar("Answer")
_KEPT_SECONDS = 2.0  # some of what answers say goes by the clock
_MOST = 64


@dataclass
class _Kept:
    turn: threading.Lock = field(default_factory=threading.Lock)
    stamp: int | None = None
    at: float = 0.0
    answer: Any = None


class SharedAnswers:
    """Answers by what was asked. Who asks while another works the same one out waits for it.

    Args:
        seconds: for so long an answer is kept where nothing was written; what is written makes the next one anew at once.
        most: answers that are kept, the latest used.
    """

    def __init__(self, ctx: Context, *, seconds: float = _KEPT_SECONDS, most: int = _MOST) -> None:
        self._ctx, self._seconds, self._most = ctx, seconds, most
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, asked: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer to `asked`, as `make` gives it. Nobody may change what comes back: others get the same object."""
        kept = self._place(asked)
        with kept.turn:
            stamp, now = self._ctx.db.stamp(), time.monotonic()  # before: what is written meanwhile is in the next one
            if kept.stamp != stamp or now - kept.at > self._seconds:
                kept.answer, kept.stamp, kept.at = make(), stamp, now
            answer: Answer = kept.answer
            return answer

    def _place(self, asked: Hashable) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(asked, _Kept())
            self._kept.move_to_end(asked)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return kept
