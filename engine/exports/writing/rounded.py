"""A whole model written in a number format; the model itself stays as it is, for the next form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.exports.proof.prints import print_of
from engine.models.base.download_progress import ByteProgress
from engine.models.base.number_formats import stored_bytes
from engine.models.tuned.rounding import save_as


def write_rounded(model: Any, dtype: str, target: Path, progress: ByteProgress) -> dict[str, Any]:
    """Write it to `target`: "fp32", "bf16" or "fp16". The proof finds the very numbers again, every tensor, bit for bit.

    Raises:
        Fault: "export.overflow" where a number is larger than the format goes.
    """
    progress.phase("saving")
    written = save_as(model, dtype, target)
    return {"dtype": dtype, "stored_bytes_by_dtype": stored_bytes(target), "numbers": print_of(written.values())}
