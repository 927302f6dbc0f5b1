"""The memory estimate: what a training job holds at the moment of its peak, item by item, from the architecture alone.

Pure: config.json in, bytes out. `docs/planner.md` explains each line; `benchmarks/memory.py` holds it against real peaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Literal

from engine.core.formula import number, plus, times
from engine.core.sizes import memory_size
from engine.planner.memory import formulas
from engine.planner.memory.answering import passing_bytes
from engine.planner.memory.base_weights import base_bytes
from engine.planner.memory.corrections import (
    COMES_AND_GOES,
    NO_CORRECTION,
    MemoryCorrection,
    MemoryRecord,
    correct_memory,
)
from engine.planner.memory.offloaded import state_of
from engine.planner.memory.peak_phases import (
    HEAD_TOKENS,
    PeakPhase,
    StepMeasures,
    peak_phases,
    score_bytes,
    unpacked_bytes,
)
from engine.planner.memory.workload import FP32, MB, Workload

KEYS = (
    "weights", "quantisation", "reference", "scorers", "adapter", "value_head", "gradients", "optimizer", "activations", "logits", "temporary", "runtime", "measured", "margin",
)  # fmt: skip
_ANSWERING = 0.4  # of the allocator's usual share: keys and values lie beside one another
_HOLE = 1.5  # a hole of so many times its size is filled by what comes next


@dataclass(frozen=True)
class MemoryItem:
    """One line of the memory estimate.

    Attributes:
        key: one of `KEYS`; its texts are `plan.memory.<key>` and `plan.memory.<key>.means`.
        bytes: that it takes up at the peak.
        formula: how it is calculated, with its numbers; the same in every language.
        source: paper or documentation that the formula is from.
    """

    key: str
    bytes: float
    formula: str
    source: str


def memory_breakdown(work: Workload) -> list[MemoryItem]:
    """The lines of the memory estimate, without empty ones, in the order of `KEYS`."""
    step = StepMeasures(work, work.footprint)
    moment = _highest(step)
    lines = [*_held(work), *_moved(step, moment), _runtime(work)]
    found = _correction(work, lines)
    lines = list(_corrected(lines, found))
    share = work.kind.margin * found.margin
    used = sum(line.bytes for line in lines if line.key != "runtime")
    lines.append(
        MemoryItem("margin", share * used, times(memory_size(used / MB), f"{100 * share:g} %"), formulas.MARGIN)
    )
    return sorted((line for line in lines if line.bytes > 0), key=lambda line: KEYS.index(line.key))


def _correction(work: Workload, lines: Sequence[MemoryItem]) -> MemoryCorrection:
    if not work.measured:
        return NO_CORRECTION
    moved = sum(line.bytes for line in lines if line.key in COMES_AND_GOES) / MB
    still = sum(line.bytes for line in lines) / MB - moved
    return correct_memory(work.measured, work.memory_settings, still, moved)


def _corrected(lines: Sequence[MemoryItem], found: MemoryCorrection) -> Iterator[MemoryItem]:
    """The lines as this machine's measurements have them."""
    for line in lines:
        if line.key in COMES_AND_GOES and found.share < 1:
            formula = times(f"({line.formula})", f"{found.share:.2f}")
            yield replace(
                line, bytes=line.bytes * found.share, formula=formula, source=f"{line.source}; {formulas.MEASURED}"
            )
        else:
            yield line
    yield MemoryItem("measured", found.more_mb * MB, memory_size(found.more_mb), formulas.MEASURED)


def record_of(work: Workload, tokens: int, measured_mb: float, source: Literal["probe", "past"]) -> MemoryRecord:
    """What a job that was measured tells of the estimate.

    Args:
        tokens: of the largest group that was worked through.
        measured_mb: most that was held in a step.
    """
    seen = replace(work, tokens=tokens, longest=min(work.longest or tokens, tokens), measured=())
    lines = {item.key: item.bytes / MB for item in memory_breakdown(seen) if item.key != "margin"}
    moved = sum(mb for key, mb in lines.items() if key in COMES_AND_GOES)
    return MemoryRecord(source, time(), measured_mb, sum(lines.values()) - moved, moved, seen.memory_settings)


def total_mb(work: Workload) -> int:
    """What has to fit: the whole estimate, with its margin."""
    return round(sum(item.bytes for item in memory_breakdown(work)) / MB)


def predicted_mb(work: Workload) -> float:
    """The peak that is expected: the estimate without its margin."""
    return sum(item.bytes for item in memory_breakdown(work) if item.key != "margin") / MB


def step_bytes(work: Workload) -> dict[str, float]:
    """What the step itself holds, by key: without the program, the margin and the heap's share. A dry run counts the same."""
    work = replace(work, asked=0, written=None, measured=(), scorers=0.0)
    lines = {item.key: item.bytes for item in memory_breakdown(work) if item.key not in ("runtime", "margin")}
    step = StepMeasures(work, work.footprint)
    lines["temporary"] = lines.get("temporary", 0.0) - _slack_bytes(step, _highest(step))
    return lines


def peak_phase(work: Workload) -> str:
    """The name of the moment that decides: "head", "backward", "end", "update", "answer"."""
    return _highest(StepMeasures(work, work.footprint)).name


# ---------------------------------------------------------------- what is there all the time


def _held(work: Workload) -> Iterator[MemoryItem]:
    yield _weights(work)
    if work.base_format.quantised:
        yield _scales(work)
    yield _adapter(work)
    yield _optimizer(work)
    yield _reference(work)
    yield MemoryItem("scorers", work.scorers, memory_size(work.scorers / MB), formulas.WEIGHTS)
    yield _value_head(work)


def weight_bytes(work: Workload) -> float:
    """The base's weights, with the scales of quantised ones."""
    return _weights(work).bytes + _scales(work).bytes


def _weights(work: Workload) -> MemoryItem:
    found = base_bytes(work)
    return MemoryItem("weights", found.bytes, found.formula, formulas.WEIGHTS)


def _scales(work: Workload) -> MemoryItem:
    found, packing = work.base_format.scales(work.shape, work.double), work.base_format.packing
    return MemoryItem("quantisation", found.bytes, found.formula, packing.source if packing else "")


def _adapter(work: Workload) -> MemoryItem:
    """What the method adds: its trained numbers, unless they are the base's own, and those that it holds besides."""
    uses, trained = work.footprint, work.trained
    if uses.own:
        wider = 0 if work.method.trains_base else max(0, work.trained_width - work.width)
        return MemoryItem("adapter", float(wider * trained), times(trained, f"{wider} B"), formulas.WEIGHTS)
    numbers = trained + uses.held
    text = times(trained, "4 B") if not uses.held else plus([times(trained, "4 B"), times(uses.held, "4 B")])
    return MemoryItem("adapter", FP32 * numbers, text, formulas.WEIGHTS)


def _reference(work: Workload) -> MemoryItem:
    """The untouched base beside the trained one, where the method cannot simply be switched off."""
    again = work.needs.reference == "beside" and not work.method.capabilities.toggle
    size = float(work.width * work.shape.parameters) if again else 0.0
    return MemoryItem("reference", size, times(work.shape.parameters, f"{work.width} B"), formulas.REFERENCE)


def _value_head(work: Workload) -> MemoryItem:
    """One number a token from the last hidden state: its weights, their gradients and two moments, in fp32."""
    size = 4.0 * FP32 * work.shape.hidden if work.needs.value_head else 0.0
    return MemoryItem("value_head", size, times(work.shape.hidden, "4 B", "4"), formulas.VALUE_HEAD)


def _optimizer(work: Workload) -> MemoryItem:
    """What of the state is on the device all the time."""
    state = state_of(work)
    return MemoryItem("optimizer", 0.0 if work.moved.state else state.bytes, state.formula, work.optimizer.source)


# ---------------------------------------------------------------- what is there at the peak


def _moved(step: StepMeasures, moment: PeakPhase) -> Iterator[MemoryItem]:
    work = step.work
    tokens = step.tokens
    yield MemoryItem("gradients", moment.gradients, _gradients_text(step, moment), formulas.GRADIENTS)
    text = memory_size(moment.activations / MB) if moment.name == "answer" else _activations_text(step)
    yield MemoryItem("activations", moment.activations, text, formulas.ACTIVATIONS)
    labels = tokens if work.shape.keeps.whole_logits else min(tokens, HEAD_TOKENS)
    yield MemoryItem(
        "logits", moment.logits, times(work.shape.vocabulary, labels, f"{score_bytes(work)} B"), formulas.LOGITS
    )
    slack = _slack_bytes(step, moment)
    text = f"{moment.name}: {memory_size(moment.temporary / MB)}"
    if slack:
        text = plus([text, f"{slack / moment.bytes:.0%} × {memory_size(moment.bytes / MB)}"])
    yield MemoryItem("temporary", moment.temporary + slack, text, formulas.TEMPORARY)


def _highest(step: StepMeasures) -> PeakPhase:
    """The phase with the most memory, the heap's share included."""
    return max(peak_phases(step), key=lambda phase: phase.bytes + _slack_bytes(step, phase))


def _slack_bytes(step: StepMeasures, moment: PeakPhase) -> float:
    """What the allocator cannot use again at once: a share of all that comes and goes in pieces of unlike sizes."""
    work = step.work
    if moment.name == "answer":
        share = work.kind.slack_renewed if passing_bytes(work) else _ANSWERING * work.kind.slack
        return share * moment.bytes
    if not work.kind.slack or not work.recompute:
        return _slack(step) * (moment.bytes - _scores_in(step, moment))
    whole = StepMeasures(
        replace(work, recompute=False), step.uses
    )  # what is recomputed goes through the heap as what is kept does
    moved = max(phase.bytes - _scores_in(whole, phase) for phase in peak_phases(whole) if phase.name == moment.name)
    return _slack(step) * max(moment.bytes - _scores_in(step, moment), moved)


def _scores_in(step: StepMeasures, moment: PeakPhase) -> float:
    """Bytes of written-down attention scores and of masks that are kept then: each fits where another one was."""
    numbers = step.attention.scores + (1 if step.masked and not step.attention.of_family else 0)
    layers = 1 if step.work.recompute else step.layers
    return min(step.work.width * numbers * step.row * step.tokens * layers, moment.activations)


def _slack(step: StepMeasures) -> float:
    """The larger share where matrices are made anew in each pass, as far as they leave holes as large as what comes next."""
    work, kind = step.work, step.work.kind
    if step.uses.built >= work.shape.linear_weights:
        return kind.slack_renewed
    if not work.base_format.quantised:
        return kind.slack
    passing = step.tokens * work.width * max((outputs for _, outputs in work.shape.linears.values()), default=0)
    hole = _HOLE * unpacked_bytes(work) / max(1.0, passing)
    return kind.slack + (kind.slack_renewed - kind.slack) * min(1.0, hole)


def _gradients_text(step: StepMeasures, moment: PeakPhase) -> str:
    width = step.work.trained_width
    if moment.gradients >= width * step.work.trained:
        return times(step.work.trained, f"{width} B")
    return times(step.work.shape.vocabulary, step.work.shape.hidden, f"{width} B")


def _activations_text(step: StepMeasures) -> str:
    work = step.work
    if work.recompute:
        inputs = times(step.tokens, step.layers, work.shape.hidden, f"{work.stream} B")
        return plus([inputs, times(step.tokens, f"{number(step.layer())} B")])
    return times(
        step.tokens, plus([f"({times(step.layers, f'{number(step.layer())} B')}", f"{number(step.aside())} B)"])
    )


def _runtime(work: Workload) -> MemoryItem:
    there = work.kind.runtime_bytes
    return MemoryItem("runtime", there, memory_size(there / MB), work.kind.runtime_source)
