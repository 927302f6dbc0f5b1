"""What the pages see of devices, plans to choose from, and measurements."""

from __future__ import annotations

from typing import Literal, TypedDict

from engine.core.shapes import Change, CodedMessage, SizedItem
from engine.shapes.jobs import StatusName
from engine.shapes.plans import DiskPlan, MemoryEstimate, PlannedDevice, TimeEstimate, VerdictView, WarningView


class DeviceChoice(TypedDict):
    """Something here that can train."""

    key: str  # "cpu" or "cuda:N"
    name: str  # what its maker calls it
    memory_mb: int  # that this process may use
    free_mb: int  # of that
    bf16: bool  # whether it has units for bf16
    usable: bool  # whether the installed torch can use it
    icon: str  # that pages show with it
    notes: list[CodedMessage]  # texts `plan.<code>`


class CatalogueDevice(TypedDict):
    """A device to plan for."""

    key: str  # name in specs
    name: str  # as pages show it
    kind: Literal["gpu", "apple", "cpu"]  # the shelf that it stands on
    group: str  # heading within the shelf
    memory_mb: int  # that it has
    tflops: float  # dense half-precision speed; 0 for processors
    bandwidth: float  # GB/s of its memory
    capability: tuple[int, int] | None  # CUDA compute capability
    cores: int  # of a processor
    bf16: bool  # computes in bfloat16
    source: str  # who says so
    notes: list[CodedMessage]  # what to know before planning for it


class PlanOffer(TypedDict):
    """One complete plan."""

    key: str  # the same for the same plan
    changes: Change  # what puts it into the draft
    method: str  # key of the method
    precision: Literal["bf16", "fp16", "fp32"]  # number format
    attention: CodedMessage | None  # which attention runs: text `plan.<code>`
    max_length: int  # tokens of the longest example
    truncated: int  # examples that are cut
    dropped: int  # examples that are left out
    micro_tokens: int  # tokens at a time
    micro_rows: int  # average examples at a time
    accumulation: int  # groups of the largest step
    batch_size: int  # examples of a step
    checkpointing: bool  # activations are recomputed
    optimizer: str  # key of the optimizer
    quantisation: str  # key of the base's format
    bits: int | None  # of a weight of the base; None as it is
    epochs: float  # passes over the data
    steps: int  # of the optimizer
    memory: MemoryEstimate  # at the peak
    time: TimeEstimate  # of the whole job
    disk: DiskPlan  # that it writes
    quality: float  # 0 to 1, as far as is known
    why: CodedMessage  # text `plan.<code>`
    verdict: VerdictView  # whether it can be started now
    best: bool  # the first of them


class PlanOffers(TypedDict):
    """Complete plans for a model, data and budget, the best first."""

    device: PlannedDevice  # that they are for
    goal: str  # that they are ranked by
    offers: list[PlanOffer]  # the best first
    nothing: VerdictView | None  # why nothing that trains fits, where that is so
    warnings: list[WarningView]  # texts `plan.<code>`: what is to be known of each of them


class DryRunView(TypedDict):
    """A check of a plan's memory; texts are `check.part.<key>`."""

    job: int  # that checks
    status: StatusName  # of it
    bill_mb: float  # what the plan says of the step
    error: CodedMessage | None  # why it failed
    total_mb: float | None  # as found; None before the end
    items: list[SizedItem] | None  # of what was found
    bill_items: list[SizedItem] | None  # of what the plan says
    seconds: float | None  # that the check took


class ProbeView(TypedDict):
    """A measurement on this machine."""

    job: int  # that measures
    status: StatusName  # of it
    step: int  # steps done
    error: CodedMessage | None  # why it failed
    seconds: float | None  # of the steps that count
    tokens_per_s: float | None  # of the steps that count
    measured_mb: float | None  # memory at the peak
    bill_mb: float | None  # what the plan says
    measured_at: float | None  # seconds since 1970
    code: Literal["whole", "fewer", "part"] | None  # how many steps count
