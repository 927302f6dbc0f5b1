"""Which queue a job waits in: one a device, one for work on data, and one for light work in the background."""

from __future__ import annotations

from engine.core.errors import Fault
from engine.devices import device_of
from engine.planner.budget import catalogue


def lane_for(device: str) -> str:
    """The lane for a spec's device ("auto": the best one).

    Raises:
        Fault: when this machine does not have it; "device.planned_only" for a device of the catalogue.
    """
    if catalogue.is_planned_only(device):
        raise Fault("device.planned_only", name=catalogue.entry_of(device).name)
    return device_of(device).key
