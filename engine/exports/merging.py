"""A result merged into its base, in full precision, with proof that it answers as before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.exports.proof import Logits, logits_of, same_logits
from engine.exports.storing import store
from engine.methods.common.declaration import Method
from engine.models.base.download_progress import ByteProgress
from engine.models.tuned.deltas import Delta
from engine.models.tuned.results import kind_of
from engine.serving.runtime.loading import load_adapter, load_model
from engine.training.limits.memory_use import give_back


@dataclass(frozen=True)
class Sources:
    """What a merge reads.

    Attributes:
        weights: folder of the base's weights.
        result: folder of what was trained: an adapter or a delta.
        dtype: number format to write: "fp32", "bf16" or "fp16".
        inputs: token ids of the prompts for the proof, one list a prompt.
        method: that trained the result; it may merge in a way of its own.
    """

    weights: Path
    result: Path
    dtype: str
    inputs: list[list[int]]
    method: Method


def merge(sources: Sources, target: Path, progress: ByteProgress) -> dict[str, Any]:
    """Write the merged model to `target`; the proof is returned.

    The base is always read in full precision, whatever the adapter was trained on: merging into 4 bits loses what was learnt.

    Raises:
        Fault: "export.differs" or "export.damaged" when it does not answer as the tuned model, "export.overflow".
    """
    progress.phase("loading")
    base = load_model(sources.weights, "fp32", "cpu")
    expected, merge_in = _with_result(base, sources)
    progress.phase("merging")
    merged = [merge_in()]
    del base, merge_in
    give_back()
    merging = same_logits("export.differs", expected, logits_of(merged[0], sources.inputs))
    return {"merge_difference": merging} | store(merged, sources.dtype, target, sources.inputs, expected, progress)


def _with_result(base: Any, sources: Sources) -> tuple[Logits, Callable[[], Any]]:
    """The tuned model's logits, and what makes a plain model of it."""
    if kind_of(sources.result) == "delta":
        delta = Delta.read(base, sources.result)
        with delta.on():
            expected = logits_of(base, sources.inputs)

        def settled() -> Any:
            delta.settle()
            return base

        return expected, settled
    tuned = load_adapter(base, sources.result, "tuned")
    expected = logits_of(tuned, sources.inputs)
    own = sources.method.merge
    return expected, (lambda: tuned.merge_and_unload(safe_merge=True)) if own is None else (lambda: own(tuned))
