"""Work that takes seconds, done in short slices while a page asks again and again; what comes of it is kept on disk."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.core.caches import keep
from engine.core.context import Context

SLICE_S = 0.15  # of one call
_VERSION = 3  # of what is kept
_MOST_OPEN = 8
Steps = Iterator[float]  # each says how much is done, 0 to 1


class _Work:
    """A report in the making. Its steps give how much of it is done; then `result` is there."""

    def __init__(self, make: Callable[[dict[str, Any]], Steps]) -> None:
        self.lock = threading.Lock()
        self.done, self._begun = 0.0, False
        self._failed: BaseException | None = None
        self.result: dict[str, Any] = {}
        self._steps = make(self.result)

    def go_on(self, seconds: float) -> bool:
        """Work for about so long; whether all is done. A call during another one does nothing.

        What comes before the first step (opening files, starting a process) takes no time of it. Work that failed stays so: its
        steps are over, and what it has so far is no outcome.
        """
        if not self.lock.acquire(blocking=False):
            return False
        try:
            if self._failed is not None:
                raise self._failed
            end = time.monotonic() + seconds
            for done in self._steps:
                if not self._begun:
                    self._begun, end = True, time.monotonic() + seconds
                self.done = done
                if time.monotonic() > end:
                    return False
            return True
        except BaseException as error:
            self._failed = error
            raise
        finally:
            self.lock.release()


_OPEN: OrderedDict[Path, _Work] = OrderedDict()
_OPEN_LOCK = threading.Lock()


def kept_file(ctx: Context, name: str) -> Path:
    """Where the outcome of that name is kept."""
    return ctx.settings.home / "cache" / "reports" / f"{name}-{_VERSION}.json"


def kept(file: Path) -> dict[str, Any] | None:
    """The outcome that was kept; None where there is none yet."""
    if not file.is_file():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def made(file: Path, make: Callable[[dict[str, Any]], Steps], seconds: float | None = None) -> dict[str, Any]:
    """The kept outcome, or {"working": share done} after a slice of work on it: then ask again.

    Args:
        file: as `kept_file` gives it.
        make: puts the outcome into the dictionary that it is given, in short steps.
        seconds: of the slice; the usual length where none is given.
    """
    if (known := kept(file)) is not None:
        return known
    work = _work_on(file, make)
    try:
        done = work.go_on(SLICE_S if seconds is None else seconds)
    except BaseException:
        _forget(file)
        raise
    if not done:
        return {"working": round(work.done, 3)}
    if keep(file, json.dumps(work.result, ensure_ascii=False)):
        _forget(file)  # else it stays in memory, done
    return dict(work.result)


def _work_on(file: Path, make: Callable[[dict[str, Any]], Steps]) -> _Work:
    """The work that is under way, or a new one; the oldest goes when there are many."""
    with _OPEN_LOCK:
        if (work := _OPEN.get(file)) is None:
            work = _OPEN[file] = _Work(make)
        while len(_OPEN) > _MOST_OPEN:
            _OPEN.popitem(last=False)
        return work


def _forget(file: Path) -> None:
    with _OPEN_LOCK:
        _OPEN.pop(file, None)
