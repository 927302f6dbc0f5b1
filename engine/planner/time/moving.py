"""What an update takes besides where it is made piece by piece: roundings, and the way between RAM and the device."""

from __future__ import annotations

from engine.planner.memory.offloaded import is_piecewise, state_of
from engine.planner.memory.workload import Workload
from engine.planner.time.rates import rates_of

_BUS_BYTES_S = (
    10e9  # between RAM and card: what PCI Express 4.0 with 16 lanes gives, less for older ones (not measured)
)
_ROUNDED_BYTES = 40.0  # read and written of each number to bring it to fp32, draw chance and round


def moving_seconds(work: Workload) -> float:
    """Seconds of a step; 0 where the optimizer makes its updates at once."""
    if not is_piecewise(work):
        return 0.0
    there_and_back = 2.0 * state_of(work).bytes if work.moved.state else 0.0
    if work.moved.gradients:
        there_and_back += work.trained_width * work.trained * (2.0 * work.groups + 1.0)  # the norm reads them once more
    rounded = work.trained * _ROUNDED_BYTES * (1 + work.optimizer.moments) if work.held.rounded else 0.0
    return there_and_back / _BUS_BYTES_S + rounded / rates_of(work.device).bandwidth
