"""How much memory the process and the device hold, and whether that is more than the budget."""

from __future__ import annotations

import ctypes
import gc

import psutil
import torch

MB = 1_000_000  # as pages, budgets and plans count


class MemoryWatch:
    """Samples the process while activations are alive; on a GPU the device itself keeps the peak.

    Args:
        limit_mb: the budget's limit; None for none. A GPU refuses by itself, so only the processor's is compared.
    """

    def __init__(self, device: torch.device, limit_mb: int | None) -> None:
        self.device = device
        self.limit_mb = None if device.type == "cuda" else limit_mb
        self._process = psutil.Process()
        self._highest = 0
        if device.type == "cuda" and limit_mb is not None:
            total = torch.cuda.get_device_properties(device).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, limit_mb * MB / total), device)

    def look(self) -> None:
        """Remember the process's memory if it is the highest since the last `take`."""
        self._highest = max(self._highest, self._process.memory_info().rss)

    def take(self) -> tuple[float, float | None]:
        """Highest MB of the process since the last call, and of the device (None on a processor)."""
        self.look()
        highest, self._highest = self._highest / MB, 0
        if self.device.type != "cuda":
            return highest, None
        device = torch.cuda.max_memory_allocated(self.device) / MB
        torch.cuda.reset_peak_memory_stats(self.device)
        return highest, device

    def is_over(self, used_mb: float) -> bool:
        """Whether the process used more than the budget allows."""
        return self.limit_mb is not None and used_mb > self.limit_mb


def give_back() -> None:
    """Return memory that nothing uses any more to the device and to the system."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return
