"""Which queue a job waits in: one a device, and one for light work in the background."""

from __future__ import annotations

from engine.hardware import device_of

BACKGROUND = "background"


def lane_for(device: str) -> str:
    """The lane for a spec's device ("auto": the best one). Raises Fault when this machine does not have it."""
    return device_of(device).key
