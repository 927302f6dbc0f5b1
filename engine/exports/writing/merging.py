"""A result merged into its base, in full precision, with proof that it answers as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.exports.proof.logits import logits_of, same_logits
from engine.methods.common.declaration import Method
from engine.models.tuned.deltas import Delta
from engine.models.tuned.results import kind_of
from engine.serving.runtime.loading import load_adapter


def with_result(base: Any, result: Path) -> Any:
    """The tuned model, of a base in full precision and the folder of what was trained: an adapter or a delta."""
    if kind_of(result) == "delta":
        Delta.read(base, result).settle()
        return base
    return load_adapter(base, result, "tuned")


def merger(tuned: Any, result: Path, method: Method, inputs: list[list[int]]) -> Callable[[], Any]:
    """What makes a plain model of a tuned one, once.

    The base is always read in full precision, whatever the adapter was trained on: merging into 4 bits loses what was learnt.

    Args:
        inputs: token ids that are read before and after.

    Raises:
        Fault: "export.differs" when it does not answer as the tuned model.
    """
    if kind_of(result) == "delta":
        return lambda: tuned

    def merge() -> Any:
        expected = logits_of(tuned, inputs)
        merged = tuned.merge_and_unload(safe_merge=True) if method.merge is None else method.merge(tuned)
        same_logits("export.differs", expected, logits_of(merged, inputs))
        return merged

    return merge
