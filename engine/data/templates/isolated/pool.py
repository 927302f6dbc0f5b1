"""The children of this process: two at most, started when they are needed, each with one request at a time."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.templates.isolated.limits import LIMITS, ChildLimits
from engine.data.templates.isolated.process import Child, Ended
from engine.data.templates.writes_text import MOST_TEXT

_MOST_CHILDREN = 2
_WHOLE_S = 300.0  # of one request, however many rows it has
_MOST_REFUSED = 200
_MB = 1e6
_ITS_OWN = ("slow", "memory", "much")  # ends of a child that the model alone can have brought about


@dataclass(frozen=True)
class Model:
    """A tokenizer folder as it is now.

    Attributes:
        folder: its path.
        stamps: sizes and times of its files.
        name: what people call the model.
    """

    folder: str
    stamps: str
    name: str


@dataclass
class _Refused:
    """A model that ended a child."""

    fault: Fault
    until: float
    pause_s: float


class Pool:
    """Children, and the models that are not tried again for a while."""

    def __init__(self, limits: ChildLimits = LIMITS) -> None:
        self._limits = limits
        self._free = threading.Condition()
        self._idle: list[Child] = []
        self._busy = 0
        self._refused: dict[tuple[str, str], _Refused] = {}

    def ask(self, model: Model, request: dict[str, Any], lines: list[Any] | None = None) -> Any:
        """The answer to a request about a model.

        Args:
            lines: what people call each of its rows.

        Raises:
            Fault: "template.too_slow", "template.needs_memory", "template.too_much" or "template.tokenizer_failed", with the
                model and the row.
        """
        key = model.folder, model.stamps
        if (known := self._refused.get(key)) and time.monotonic() < known.until:
            raise Fault(known.fault.code, **known.fault.params)  # an exception of its own: tracebacks add up
        for last in (False, True):
            try:
                with self._child(model.folder) as child:
                    return child.ask(request, time.monotonic() + _WHOLE_S)
            except Ended as ended:
                if last or ended.why in _ITS_OWN:
                    raise self._refuse(key, self._fault(model, ended, lines)) from None
        raise AssertionError

    @contextmanager
    def _child(self, wanted: str) -> Iterator[Child]:
        child = self._taken(wanted)
        try:
            child.served = wanted
            yield child
        finally:
            with self._free:
                self._busy -= 1
                if child.alive:
                    self._idle.append(child)
                else:
                    child.close()
                self._free.notify()

    def _taken(self, wanted: str) -> Child:
        """A child that nobody asks: the one that knows the model where there is one."""
        with self._free:
            self._free.wait_for(lambda: self._idle or self._busy < _MOST_CHILDREN)
            self._busy += 1
            while self._idle:
                known = next((child for child in self._idle if child.served == wanted), None)
                if known is None and self._busy + len(self._idle) <= _MOST_CHILDREN and self._idle[0].served:
                    break  # rather a second one than pushing out what the first one holds
                child = known or self._idle[0]
                self._idle.remove(child)
                if child.alive:
                    return child
                child.close()
        try:
            return Child(self._limits)
        except BaseException:
            with self._free:
                self._busy -= 1
                self._free.notify()
            raise

    def _fault(self, model: Model, ended: Ended, lines: list[Any] | None) -> Fault:
        if ended.why == "slow":
            limit = self._limits.load_s if ended.place < 0 else self._limits.row_s
            code, params = "template.too_slow", dict[str, Any](seconds=round(limit))
        elif ended.why in ("memory", "killed"):
            code, params = "template.needs_memory", {"limit_mb": round(self.memory_mb)}
        elif ended.why == "much":
            code, params = "template.too_much", {"most": MOST_TEXT}
        else:
            code, params = "template.tokenizer_failed", {"reason": ended.words}
        return Fault(code, **params, model=model.name, where=where(lines, ended.place))

    def _refuse(self, key: tuple[str, str], fault: Fault) -> Fault:
        before = self._refused.pop(key, None)
        pause = self._limits.pause_s if before is None else min(2 * before.pause_s, self._limits.longest_pause_s)
        self._refused[key] = _Refused(fault, time.monotonic() + pause, pause)
        while len(self._refused) > _MOST_REFUSED:
            del self._refused[next(iter(self._refused))]
        return fault

    def warm(self) -> None:
        """Have a child at hand before anybody asks."""
        with self._free:
            if not self._idle and not self._busy:
                self._idle.append(Child(self._limits))

    @property
    def memory_mb(self) -> float:
        """What a child may hold."""
        return self._limits.memory_bytes / _MB

    def pids(self) -> list[int]:
        """Of the children that wait for work."""
        with self._free:
            return [child.popen.pid for child in self._idle if child.alive]

    def close(self) -> None:
        """End the children. The next request starts one anew."""
        with self._free:
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()

    def forget(self) -> None:
        """Of a process that was forked off: the children are its parent's."""
        for child in self._idle:
            child.forget()


def where(lines: list[Any] | None, place: int) -> Any:
    """Which row, as sentences say it."""
    if lines is None or not 0 <= place < len(lines) or lines[place] is None:
        return Text("data.templates.isolated.pool.conversation").as_dict()
    return Text("data.templates.isolated.pool.row").filled(row=lines[place]).as_dict()


_pool = Pool()


def pool() -> Pool:
    """Of this process."""
    return _pool


def _after_fork() -> None:
    global _pool
    _pool.forget()
    _pool = Pool()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _pool.close())
