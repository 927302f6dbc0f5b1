"""The child process: `python -m engine.data.templates.isolated.child`. Requests come on stdin, answers go to stdout.

It ends when stdin closes, when it had nothing to do for a while, when a row takes too long (by an alarm of the system, which no
code can hold back), or when it would take more memory than it may.
"""

from __future__ import annotations

import gc
import mmap
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.templates.isolated.limits import ChildLimits
from engine.data.templates.isolated.wire import BEAT, PLACE, Closed, framed, packed, receive, unpacked
from engine.data.templates.isolated.work import MANY, ONE, TRY, Shelf, guarded, results, try_file

_BEAT_S = 0.2
_GRACE_S = 1.0  # the parent is the first to end it
_LONGEST_LOG = 1 << 20


class _Child:
    def __init__(self, source: int, sink: int, place: mmap.mmap, limits: ChildLimits) -> None:
        self._source, self._sink, self._place, self._limits = source, sink, place, limits
        self._shelf, self._beat_at = Shelf(), 0.0

    def serve(self) -> None:
        """Answer until there is nobody to answer, or nothing to do."""
        while select.select([self._source], [], [], self._limits.idle_s)[0]:
            request = unpacked(receive(lambda count: os.read(self._source, count), self._limits.answer_bytes))
            self._begin(-1, self._limits.load_s)
            self._send(packed(self._answer(request)))
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._tidy()

    def _answer(self, request: dict[str, Any]) -> Any:
        """{"value"}, {"values"} or {"fault"}."""
        try:
            if request["op"] == TRY:
                return {"value": guarded(lambda: try_file(Path(request["folder"])))}
            args = request["args"]
            where = request["folder"], request["stamps"], request["controls"], request["thinking"]
            template = guarded(lambda: self._shelf.template(*where))
            self._begin(0)
            if (work := MANY.get(request["op"])) is not None:
                return {"values": [*results(work, template, args, self._begin)]}
            one: Callable[..., Any] = ONE[request["op"]]
            return {"value": guarded(lambda: one(template, args))}
        except Fault as fault:
            return {"fault": fault.as_dict()}

    def _begin(self, place: int, seconds: float | None = None) -> None:
        """A row is begun: it has its own time."""
        PLACE.pack_into(self._place, 0, place)
        now = time.monotonic()
        if place > 0 and now - self._beat_at < _BEAT_S:
            return
        self._beat_at = now
        signal.setitimer(signal.ITIMER_REAL, (self._limits.row_s if seconds is None else seconds) + _BEAT_S + _GRACE_S)
        self._send(framed(BEAT))

    def _send(self, message: bytes) -> None:
        left = memoryview(message)
        while left:
            left = left[os.write(self._sink, left) :]

    def _tidy(self) -> None:
        """Room for the next one: a child that has grown lets go, so that a small row is not refused for what came before it."""
        if _held_bytes() > self._limits.memory_bytes // 2:
            self._shelf.clear()
            gc.collect()
            if _held_bytes() > self._limits.memory_bytes // 2:
                raise Closed
        if os.fstat(2).st_size > _LONGEST_LOG:
            os.ftruncate(2, 0)


def _held_bytes() -> int:
    """Memory that is taken up now; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _limit(limits: ChildLimits) -> None:
    """No more memory than that, and no core file of a model's text."""
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Serve the process that started this one."""
    row_s, load_s, memory, idle_s, descriptor = sys.argv[1:]
    limits = ChildLimits(float(row_s), float(load_s), int(memory), idle_s=float(idle_s))
    _limit(limits)
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # whatever libraries print
    place = mmap.mmap(int(descriptor), PLACE.size)
    gc.freeze()
    with suppress(Closed, BrokenPipeError):
        _Child(source, sink, place, limits).serve()


if __name__ == "__main__":
    main()
