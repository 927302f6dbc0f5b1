"""What of an update is where: the optimizer's state, what waits in RAM, and the pieces that updates are made in."""

from __future__ import annotations

from engine.core.formula import Counted
from engine.optimizers.pieces import COPIES_BYTES, PIECE
from engine.planner.memory.workload import FP32, Workload


def state_of(work: Workload) -> Counted:
    """The optimizer's state, wherever it is."""
    rank = work.method.rank(work.shape, work.values) or 1
    return work.optimizer.state_in(work.trained_width, work.trained, rank)


def ram_bytes(work: Workload) -> float:
    """What waits in RAM beside the device's own memory."""
    gradients = work.trained_width * work.trained if work.moved.gradients else 0
    return (state_of(work).bytes if work.moved.state else 0.0) + gradients


def is_piecewise(work: Workload) -> bool:
    """Whether updates are made piece by piece."""
    return work.held.rounded or work.moved.state


def largest_matrix(work: Workload) -> int:
    """Numbers of the largest tensor that may be trained."""
    largest = max((i * o for i, o in work.shape.linears.values()), default=0)
    uses = work.footprint
    if uses.head or uses.embeddings:
        largest = max(largest, work.shape.vocabulary * work.shape.hidden)
    return min(largest, work.trained)


def update_bytes(work: Workload) -> float:
    """What an update makes besides weights, gradients and state."""
    copies = work.optimizer.copies(work.kind)
    if not is_piecewise(work):
        return float(FP32 * copies * largest_matrix(work))
    piece = min(PIECE, work.trained)
    moments = FP32 * work.optimizer.moments if work.held.rounded else 0
    brought = state_of(work).bytes / max(1, work.trained) if work.moved.state else 0.0
    return piece * (COPIES_BYTES + moments + brought + FP32 * copies)


def gradient_bytes(work: Workload) -> float:
    """All gradients that the device holds at the end of the backward pass: those in RAM are gone one by one."""
    return 0.0 if work.moved.gradients else float(work.trained_width * work.trained)


def leaving_bytes(work: Workload) -> float:
    """The gradient that is on its way to RAM, and what of earlier groups comes back to be added to it."""
    together = 2 if work.groups > 1 else 1
    return float(together * work.trained_width * largest_matrix(work)) if work.moved.gradients else 0.0
