"""What a job writes: checkpoints, the result and its scratch files, in bytes.

A checkpoint holds the trained parameters in fp32 (safetensors) and the optimizer's state (AdamW: two moments of each;
Loshchilov and Hutter 2017, arXiv:1711.05101), so 12 bytes a trained number. One more is on the disk while the newest is
written. Where an earlier check may turn out better than the last step, the weights of the best one stay besides, and two sets
of weights are written at the end. The tokens lie in a file of their own during the job: 4 bytes for each token and 4 for its label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.shapes import SizedItem
from engine.data.templates.lengths import Counts
from engine.planner.memory.workload import MB, Workload
from engine.shapes.plans import DiskEstimate

_CHECKPOINT_FILES = 40e3  # random numbers, schedule and places, whatever the size
_RESULT_FILES = 2e3
_WORD_BYTES = 70.0  # of a token in the tokenizer's files, which a whole model brings along
_TOKEN_BYTES = 8.0
_ROW_BYTES = 16.0


@dataclass(frozen=True)
class Space:
    """One item of the disk estimate; text key `plan.disk.<key>`."""

    key: str  # "checkpoints", "writing", "best", "result", "last", "scratch" or "download"
    bytes: float  # when the job needs most


def may_keep_two(training: Mapping[str, Any], held_out: int) -> bool:
    """Whether the weights of an earlier check may become the model, and those of the last step are kept beside them.

    Args:
        held_out: rows for validation.
    """
    return training["model_from"] == "best" and held_out > 0 and int(training["evaluations"]) > 1


def spaces(work: Workload, train: Counts, val: Counts, keep: int, *, two: bool = False) -> list[Space]:
    """What a job needs at its fullest, line by line.

    Args:
        keep: checkpoints that are kept.
        two: as `may_keep_two` says.
    """
    if not work.method.capabilities.trains:
        return [Space("result", result_bytes(work)), Space("scratch", scratch_bytes(train, val))]
    checkpoint = checkpoint_bytes(work)
    return [
        Space("checkpoints", keep * checkpoint),
        Space("writing", checkpoint),
        *([Space("best", float(work.trained_width * work.trained))] if two else []),
        Space("result", result_bytes(work)),
        *([Space("last", result_bytes(work))] if two else []),
        Space("scratch", scratch_bytes(train, val)),
    ]


def checkpoint_bytes(work: Workload) -> float:
    """One checkpoint: what is trained, and the optimizer's state."""
    width = work.trained_width
    return _CHECKPOINT_FILES + work.trained * (width + work.optimizer.stored_bytes(width))


def result_bytes(work: Workload) -> float:
    """The tuned model: a whole one with its tokenizer, as its base is stored, or what the method adds, in fp32."""
    if work.method.saves == "full":
        return merged_bytes(work)
    return _RESULT_FILES + float(work.trained_width) * work.method.numbers_stored(work.shape, work.values)


def scratch_bytes(train: Counts, val: Counts) -> float:
    """The tokens of all examples, on the disk until the job ends."""
    return sum(_TOKEN_BYTES * counts.tokens + _ROW_BYTES * counts.rows for counts in (train, val))


def merged_bytes(work: Workload) -> float:
    """A whole model, or a merged export, should one be made afterwards: in the number format of the base."""
    return float(work.shape.number_bytes) * work.shape.parameters + _WORD_BYTES * work.shape.vocabulary


def disk_view(needed: Sequence[Space], free_mb: int) -> DiskEstimate:
    """The JSON form: {items: [{key, mb}], total_mb, free_mb}. Tenths below 10 MB, as adapters are small."""
    items: list[SizedItem] = [{"key": space.key, "mb": _megabytes(space.bytes)} for space in needed]
    return {"items": items, "total_mb": round(sum(space.bytes for space in needed) / MB), "free_mb": free_mb}


def _megabytes(count: float) -> float:
    return round(count / MB, 1) if count < 10 * MB else round(count / MB)
