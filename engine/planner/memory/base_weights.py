"""The frozen base's weights, as a job holds them on its device."""

from __future__ import annotations

from engine.core.formula import Counted, plus, times
from engine.planner.memory.workload import FP32, Workload


def base_bytes(work: Workload) -> Counted:
    """Bytes of all weights, without the scales of quantised ones."""
    shape, width = work.shape, work.width
    if work.base_format.quantised:
        body, each = shape.linear_weights, work.base_format.weight_bytes(width)
        rest = shape.parameters - body - words_aside(work)
        return Counted(each * body + width * rest, plus([times(body, f"{each:g} B"), times(rest, f"{width} B")]))
    if not work.method.trains_base or work.held.rounded:
        return Counted(float(width * shape.parameters), times(shape.parameters, f"{width} B"))
    size, text = float(FP32 * shape.parameters), times(shape.parameters, "4 B")
    if width < FP32:
        size, text = size + width * shape.parameters, plus([text, times(shape.parameters, f"{width} B")])
    return Counted(size, text)


def words_aside(work: Workload) -> int:
    """Numbers of the embeddings that stay in the machine's RAM (`engine.training.forward.half_precision.set_words_aside`)."""
    shape, uses = work.shape, work.footprint
    moves = work.base_format.quantised and work.kind.memory is not None and work.method.capabilities.trains
    looked_up = not (shape.tied or shape.scales_words or uses.embeddings)
    return shape.vocabulary * shape.hidden if moves and looked_up else 0


def copied_bytes(work: Workload) -> float:
    """Half-precision copies of what trains in fp32, which autocast makes for a pass; those of a trained base are its weights'."""
    copies = work.width < work.trained_width and not work.method.trains_base and not work.footprint.front
    return float(work.width * work.trained) if copies else 0.0


def recast_bytes(work: Workload) -> float:
    """Half-precision copies of what a method holds untrained, one for each module, as long as activations are kept."""
    return work.width * work.footprint.recast if work.width < FP32 else 0.0
