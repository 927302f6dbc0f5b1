"""A whole model written in a number format, with proof that the file holds what was in memory and answers the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch

from engine.core.errors import Fault
from engine.exports.proof import TOLERANCE, Logits, agreement, difference, logits_of, same_logits
from engine.models.base.download_progress import ByteProgress
from engine.models.base.number_formats import stored_bytes
from engine.models.tuned.rounding import cast_to, check_range, dtype_of, round_to, write
from engine.serving.runtime.loading import load_model
from engine.training.limits.memory_use import give_back

_TRIED_TOKENS = 32


def store(
    held: list[Any], dtype: str, target: Path, inputs: list[list[int]], expected: Logits, progress: ByteProgress
) -> dict[str, Any]:
    """Write a model of fp32 weights to `target`; the proof is returned.

    The weights are rounded once, in memory: what is read back from disk has to be the same numbers, every tensor, bit for bit.

    Args:
        held: the model alone; it is taken out of the list, so that it is not in memory beside the one read back.
        dtype: number format to write: "fp32", "bf16" or "fp16".
        inputs: token ids of the prompts for the proof.
        expected: the tuned model's logits on them.

    Raises:
        Fault: "export.damaged", "export.overflow".
    """
    progress.phase("saving")
    model = held.pop()
    check_range(model, dtype)
    round_to(model, dtype)
    kept, prints = logits_of(model, inputs), _prints(model)
    cast_to(model, dtype)
    write(model, dtype, target)
    del model
    give_back()
    progress.phase("checking")
    fresh = load_model(target, "fp32", "cpu")
    found = logits_of(fresh, inputs)
    reading = same_logits("export.damaged", kept, found)
    _same_numbers(prints, _prints(fresh))
    if dtype == "fp16" and not _calculates(fresh, inputs[0]):
        progress.reporter.event("warning", "fp16_overflows")
    return {
        "saved_difference": reading,
        "rounding_difference": difference(expected, found),
        "tolerance": TOLERANCE,
        "same_next_token": agreement(expected, found),
        "prompts": len(inputs),
        "tokens": sum(map(len, inputs)),
        "dtype": dtype,
        "stored_bytes_by_dtype": stored_bytes(target),
    }


def _prints(model: Any) -> dict[str, str]:
    """A hash of each tensor that a file holds."""
    return {name: _print(tensor) for name, tensor in model.state_dict().items()}


def _print(tensor: torch.Tensor) -> str:
    data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _same_numbers(kept: dict[str, str], found: dict[str, str]) -> None:
    other = sorted(name for name in kept.keys() | found.keys() if kept.get(name) != found.get(name))
    if other:
        raise Fault("export.other_numbers", name=other[0], count=len(other))


def _calculates(model: Any, ids: list[int]) -> bool:
    """Whether the model gives numbers when it calculates in fp16, not only when it is stored in it."""
    try:
        found = logits_of(model.to(dtype_of("fp16")), [ids[:_TRIED_TOKENS]])
    except RuntimeError:  # an operation that processors do not have in fp16: nothing is known
        return True
    return bool(torch.isfinite(found[0]).all())
