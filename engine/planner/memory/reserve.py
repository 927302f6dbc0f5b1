"""How much of a device's memory is left to others: to a desktop, to the system, to the page."""

from __future__ import annotations

from engine.core.hardware import Device
from engine.devices import kind_of

_DISPLAY_SHARE = 0.05  # of a GPU's memory that a desktop with a browser takes ...
_DISPLAY_MB = (500, 1000)  # ... but so much at least, and no more than that
MOST_SHARE = 0.9  # of a device that may be left to others


def usual_reserve(device: Device) -> int:
    """MB that are left to others unless the user says otherwise: for a display on a GPU, for the system in RAM."""
    if device.display:
        least, most = _DISPLAY_MB
        return round(min(most, max(least, _DISPLAY_SHARE * device.memory_mb)))
    return min(kind_of(device).system_mb, device.memory_mb // 4)


def reserve_of(device: Device) -> int:
    """MB that are left to others."""
    return usual_reserve(device) if device.reserve_mb is None else device.reserve_mb


def most_reserve(device: Device) -> int:
    """MB that can be left to others at most: a job needs some."""
    return int(MOST_SHARE * device.memory_mb)
