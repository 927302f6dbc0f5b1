"""How much memory the process and the device hold, and whether that is more than the budget."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path

import psutil
import torch

from engine.devices import DEVICE_KINDS, kind_for_torch

MB = 1_000_000  # as pages, budgets and plans count
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # see proc_pid_clear_refs(5)
_SLACK_MB, _SLACK = 64.0, 0.05


def slack_mb(limit_mb: float) -> float:
    """What an allocator holds beyond what is in use, and the estimate's own error: no job fails for that."""
    return max(_SLACK_MB, _SLACK * limit_mb)


class MemoryWatch:
    """Knows the highest memory of the process and of the device since it was last asked.

    Linux keeps the process's peak itself; elsewhere it is looked at while activations are alive.

    Args:
        limit_mb: the budget's limit; None for none. A GPU refuses by itself, so only the processor's is compared.
        outside_mb: what a GPU holds for this process besides torch's own allocations (its context, kernels, workspaces).

    Attributes:
        own: the device's own memory; None on a processor.
        highest_mb: of the device (of the process on a processor), since `begin`.
    """

    def __init__(self, device: torch.device, limit_mb: int | None, *, outside_mb: float = 0.0) -> None:
        self.device, self.outside_mb = device, outside_mb
        self.own = kind_for_torch(device.type).memory
        self.limit_mb = None if self.own else limit_mb
        self.highest_mb = 0.0
        self._process = psutil.Process()
        self._kernel_counts = _forget_peak()
        self._seen = 0
        if self.own and limit_mb is not None:
            self.own.limit(device, max(0.0, limit_mb - outside_mb) * MB)

    def begin(self) -> None:
        """Count from now on: loading is over."""
        self.take()
        self.highest_mb = 0.0

    def look(self) -> None:
        """Remember the process's memory if it is the highest since the last `take`."""
        if not self._kernel_counts:
            self._seen = max(self._seen, self._process.memory_info().rss)

    def take(self) -> tuple[float, float | None]:
        """Highest MB of the process since the last call, and of the device (None on a processor)."""
        self.look()
        process, self._seen = (status_bytes("VmHWM") if self._kernel_counts else self._seen) / MB, 0
        if self._kernel_counts:
            _forget_peak()
        device = None
        if self.own:
            device = self.own.peak(self.device) / MB + self.outside_mb
        self.highest_mb = max(self.highest_mb, process if device is None else device)
        return process, device

    def is_over(self, used_mb: float) -> bool:
        """Whether the process used more than the budget allows."""
        return self.limit_mb is not None and used_mb > self.limit_mb + slack_mb(self.limit_mb)

    def holds_too_much(self) -> bool:
        """Whether the process is over its budget even now, between two steps."""
        give_back()
        return self.is_over(self._process.memory_info().rss / MB)


def status_bytes(name: str) -> int:
    """A line of /proc/self/status ("VmHWM", "VmRSS", "VmData") in bytes; 0 where there is none."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _forget_peak() -> bool:
    """Let the kernel count the process's peak from now on. False where it does not."""
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return status_bytes("VmHWM") > 0


def give_back() -> None:
    """Return memory that nothing uses any more to the device and to the system."""
    gc.collect()
    for kind in DEVICE_KINDS:
        if kind.memory:
            kind.memory.give_back()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return
