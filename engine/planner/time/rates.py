"""What a device does in a second when it trains: matrix operations, bytes moved, and what each layer costs besides.

The two sides of a roofline (Williams, Waterman, Patterson 2009, Roofline: An Insightful Visual Performance Model,
doi:10.1145/1498765.1498785): a calculation takes as long as the slower of the two, its operations or its bytes.
"""

from __future__ import annotations

from dataclasses import replace

from engine.core.hardware import Device
from engine.devices import kind_of
from engine.devices.declaration import Rates
from engine.planner.budget.catalogue import entry_named


def rates_of(device: Device) -> Rates:
    """By the device's own numbers, by its name in the catalogue, or by what devices of its kind do."""
    kind = kind_of(device)
    known = entry_named(device.name, kind)
    if known is None:
        return kind.rates(device)
    speed, bandwidth = device.tflops or known.tflops, device.bandwidth_gb_s or known.bandwidth
    return kind.rates(replace(device, tflops=speed, bandwidth_gb_s=bandwidth))
