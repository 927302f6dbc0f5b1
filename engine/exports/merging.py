"""A result merged into its base, in full precision, with proof that it answers as before."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engine.core.errors import Fault
from engine.exports.proof import TOLERANCE, agreement, difference, logits_of, stored_dtypes
from engine.methods.common.declaration import Method
from engine.models.base.download_progress import ByteProgress
from engine.models.tuned.deltas import Delta
from engine.models.tuned.results import kind_of
from engine.serving.runtime.loading import DTYPES, load_adapter, load_model
from storage.tables import LanguageModel

_NAMES = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}


@dataclass(frozen=True)
class Sources:
    """What a merge reads.

    Attributes:
        base: the base model's row, for its config.
        weights: folder of the base's weights.
        result: folder of what was trained: an adapter or a delta.
        eos_ids: tokens that end an answer; they go into the merged generation config.
        inputs: token ids of the prompts for the proof, one list a prompt.
        method: that trained the result; it may merge in a way of its own.
    """

    base: LanguageModel
    weights: Path
    result: Path
    eos_ids: list[int]
    inputs: list[list[int]]
    method: Method


def own_dtype(base: LanguageModel) -> str:
    """The precision that the base itself is stored in; fp32 where it does not say."""
    named = str(base.config.get("dtype") or base.config.get("torch_dtype") or "float32")
    return _NAMES.get(named.removeprefix("torch."), "fp32")


def merge(sources: Sources, target: Path, progress: ByteProgress) -> dict[str, Any]:
    """Write the merged model to `target`; the proof is returned.

    The base is always read in full precision, whatever the adapter was trained on: merging into 4 bits loses what was learnt.

    Raises:
        Fault: "export.differs" or "export.damaged" when it does not answer as the tuned model.
    """
    dtype = own_dtype(sources.base)
    progress.phase("loading")
    base = load_model(sources.weights, "fp32", "cpu")
    expected, merge_in = _with_result(base, sources)
    progress.phase("merging")
    merged = merge_in()
    merging = _check("export.differs", expected, logits_of(merged, sources.inputs))
    progress.phase("saving")
    merged = merged.to(DTYPES[dtype])
    merged.generation_config.eos_token_id = sources.eos_ids
    merged.save_pretrained(target)
    kept = expected if dtype == "fp32" else logits_of(merged.float(), sources.inputs)
    del base, merge_in, merged
    gc.collect()
    progress.phase("checking")
    found = logits_of(load_model(target, "fp32", "cpu"), sources.inputs)
    reading = _check("export.damaged", kept, found)
    return {
        "merge_difference": merging,
        "saved_difference": reading,
        "tolerance": TOLERANCE,
        "same_next_token": agreement(expected, found),
        "prompts": len(sources.inputs),
        "tokens": sum(map(len, sources.inputs)),
        "dtype": dtype,
        "stored_bytes_by_dtype": stored_dtypes(target),
    }


def _with_result(base: Any, sources: Sources) -> tuple[list[torch.Tensor], Callable[[], Any]]:
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


def _check(code: str, expected: list[torch.Tensor], found: list[torch.Tensor]) -> float:
    off = difference(expected, found)
    if not off <= TOLERANCE:
        raise Fault(
            code, difference=f"{off:.2g}", **({"tolerance": f"{TOLERANCE:g}"} if code == "export.differs" else {})
        )
    return off
