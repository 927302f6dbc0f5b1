"""Limits that the system itself holds: memory of a job on a processor, and time while it loads."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from engine.core.errors import Fault
from engine.training.limits.memory_use import MB, slack_mb, status_bytes

_MARKS = (
    "out of memory", "allocate memory", "not enough memory", "bad_alloc", "bad allocation", "cublas_status_alloc_failed",
    "os error 12",
)  # fmt: skip


class OutOfMemory(Fault):
    """A step cannot be worked through in smaller groups any more.

    Args:
        tokens: of its largest group.
    """

    def __init__(self, step: int, tokens: int) -> None:
        super().__init__("training.memory_short", step=step, tokens=tokens)


class TimeIsUp(BaseException):
    """The time limit is reached while something goes on that cannot come to its end in time. No library may swallow it."""


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, means that memory ran out, on whatever device."""
    while error is not None:
        text = str(error).lower()
        if isinstance(error, torch.OutOfMemoryError | MemoryError | OutOfMemory) or any(m in text for m in _MARKS):
            return True
        error = error.__cause__
    return False


class DataLimit:
    """RLIMIT_DATA: a mapping of private memory beyond it fails, and torch says so, before the kernel has to kill.

    It counts what is mapped, not what is resident: libraries reserve a gigabyte that they never touch. So it is set in
    relation to what is mapped when it begins. The weights' file counts while it is read, and so does what is made of it.

    Args:
        limit_mb: the budget.
        need_mb: the memory estimate without the runtime, which is there already: this much may always be had.
    """

    def __init__(self, limit_mb: float, need_mb: float) -> None:
        import resource

        room_mb = max(limit_mb - status_bytes("VmRSS") / MB, need_mb) + slack_mb(limit_mb)
        self._most = status_bytes("VmData") + int(room_mb * MB)
        self._before, self._highest = resource.getrlimit(resource.RLIMIT_DATA)

    def hold(self, more_bytes: int = 0) -> None:
        """Let the process map this much and `more_bytes` from now on; a lower limit of the system's stays."""
        self._set(min(self._most + more_bytes, *(one for one in (self._before,) if one >= 0), sys.maxsize))

    def release(self) -> None:
        """As it was before."""
        self._set(self._before)

    def _set(self, most: int) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most, self._highest))


@contextmanager
def memory_held(limit_mb: float | None, need_mb: float) -> Iterator[DataLimit | None]:
    """Within it, a limit may be held; afterwards the process is as it was. None where there is no limit or no way."""
    if limit_mb is None or not sys.platform.startswith("linux") or not status_bytes("VmData"):
        yield None
        return
    limit = DataLimit(limit_mb, need_mb)
    try:
        yield limit
    finally:
        limit.release()


@contextmanager
def time_held(deadline: float | None) -> Iterator[None]:
    """Within it, `TimeIsUp` is raised when the deadline (monotonic seconds) passes, where the system has alarms."""
    if (
        deadline is None
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.monotonic()), 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
