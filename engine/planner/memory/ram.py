"""Whether what waits in RAM finds room there, beside the program and the system."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.core.hardware import Device, cpu
from engine.devices import devices, kind_of
from engine.optimizers import searched
from engine.optimizers.offload import NOTHING, SETTING
from engine.planner.memory.offloaded import ram_bytes
from engine.planner.memory.verdict import Verdict
from engine.planner.memory.workload import MB, Workload

_PROGRAM_MB = 3_000  # of a worker on a card, in RAM: Python, torch, its context and what is read on the way


def ram_beside(device: Device) -> int | None:
    """MB of this machine's RAM that may be filled beside a card of its own; None for other devices."""
    if not kind_of(device).accelerator or device.key not in {one.key for one in devices()}:
        return None
    there = cpu()
    return max(0, there.memory_mb - kind_of(there).system_mb - _PROGRAM_MB)


def fits_ram(work: Workload, ram_mb: int | None) -> bool:
    """Whether what waits in RAM has room there, as far as that is known."""
    return ram_mb is None or ram_bytes(work) / MB <= ram_mb


def ram_verdict(
    work: Workload, ram_mb: int | None, fits: Callable[[Mapping[str, str]], bool] = lambda _change: True
) -> Verdict | None:
    """What to say where RAM is too small; None where it is not. `fits`: whether the job does with a change taken over."""
    if fits_ram(work, ram_mb):
        return None
    numbers = {"need_mb": round(ram_bytes(work) / MB), "limit_mb": ram_mb}
    leanest = min((one for one in searched() if one.adamw), key=lambda one: one.stored)
    nothing, lean = {f"training.{SETTING}": NOTHING.key}, {"training.optimizer": leanest.key}
    change = next((one for one in (nothing, lean, nothing | lean) if fits(one)), {})
    return Verdict("verdict.ram", numbers, change=change)
