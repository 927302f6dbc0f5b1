"""What the pages see of a plan."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from engine.core.shapes import Change, CodedMessage, Said, SizedItem


class VerdictView(CodedMessage):
    """Whether a plan can be started, as text `plan.<code>`."""

    ok: bool  # it can be started
    change: Change  # what would make it fit; empty where nothing is known


class WarningView(CodedMessage):
    """What is to be known before a plan is started, as text `plan.<code>`."""

    change: NotRequired[Change]  # values by field that take the reason away, where some are known


class PrecisionView(CodedMessage):
    """The number format to train in, and why."""

    dtype: Literal["bf16", "fp16", "fp32"]  # the format


class PlannedDevice(TypedDict):
    """A device that something is planned for."""

    key: str  # "cpu", "cuda:N", or of the catalogue
    name: str  # what its maker calls it
    kind: Said  # in words
    memory_mb: int  # that it has
    free_mb: int  # of that


class MemoryLine(TypedDict):
    """One line of the memory estimate; texts are `plan.memory.<key>`."""

    key: str  # of the line
    mb: int  # megabytes at the peak
    formula: str  # how it is calculated, with its numbers
    source: str  # paper or documentation of the formula


class MemoryEstimate(TypedDict):
    """The memory of a job."""

    items: list[MemoryLine]  # what it is made of
    total_mb: int  # their sum
    limit_mb: int  # what the job may use


class TimePart(TypedDict):
    """One part of a job's time; texts are `plan.time.<key>`."""

    key: str  # of the part
    seconds: float  # that it takes


class TimeEstimate(TypedDict):
    """How long a job takes."""

    seconds: float  # the whole job
    low: float  # the least to expect
    high: float  # the most to expect
    tokens_per_s: float  # while training
    source: Literal["model", "probe", "past"]  # what it is based on
    measured_at: float | None  # when that was measured, in seconds since 1970
    parts: list[TimePart]  # in their order


class DiskEstimate(TypedDict):
    """What a job writes."""

    items: list[SizedItem]  # what it is made of
    total_mb: int  # their sum
    free_mb: int  # what the job may write


class DiskPlan(DiskEstimate):
    """What a job writes, and what its result takes when it is exported."""

    export_mb: int  # of the merged model


class StepGroups(TypedDict):
    """How a step is worked through."""

    tokens: int  # at a time
    per_step: int  # groups of a step


class Reach(TypedDict):
    """Which linear modules of the layers, and whether the experts, a method changes in this model."""

    adapted: list[str]  # names of modules; "experts" for the tensors of all experts
    kept: list[str]  # those that stay as they are


class PlanView(TypedDict):
    """Memory, steps, time and disk of a job, and whether it fits."""

    device: PlannedDevice | None  # None while something is missing
    precision: PrecisionView | None  # None while something is missing
    attention: CodedMessage | None  # which attention runs: text `plan.<code>`; None while something is missing
    memory: MemoryEstimate  # at the peak
    groups: StepGroups  # of a step
    trainable: int  # numbers that are trained
    reach: Reach  # empty lists where that is no matter of linear modules
    rows: int  # training examples
    tokens_per_epoch: int  # tokens of them
    trained_tokens: int  # tokens with a label
    steps: int  # of the optimizer
    seconds: float | None  # None while something is missing
    time: TimeEstimate | None  # None while something is missing
    truncated: int  # examples that are cut
    dropped: int  # examples that are left out
    recompute: bool  # activations are recomputed
    exact: bool  # all rows were counted
    disk_mb: int  # that the job writes
    disk: DiskPlan  # what that is made of
    verdict: VerdictView  # whether it can be started
    warnings: list[WarningView]  # texts `plan.<code>`
