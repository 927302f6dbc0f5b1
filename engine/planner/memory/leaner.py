"""Updates that take less of a device, from small changes to large ones: bf16 alone, 8 bits, state in RAM, gradients too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.optimizers import searched
from engine.optimizers.offload import OFFLOADS
from engine.optimizers.trained_format import BF16
from engine.planner.memory.workload import Workload


def leaner_updates(work: Workload) -> Iterator[tuple[dict[str, Any], Workload]]:
    """(what is said of it, the same step made so), for methods that train whole matrices."""
    if not work.method.trains_matrices or work.method.optimizer is not None:
        return
    leanest = min((one for one in searched() if one.adamw), key=lambda one: one.stored)
    tried = [replace(work, held=BF16)]
    tried += [replace(work, held=BF16, optimizer=leanest, moved=moved) for moved in OFFLOADS]
    for other in tried:
        if other != work:
            yield said_of(other), other


def said_of(work: Workload) -> dict[str, Any]:
    """The settings of the update by their names."""
    return {
        "optimizer": work.optimizer.label.as_dict(),
        "format": work.held.label.as_dict(),
        "moved": work.moved.label.as_dict(),
    }
