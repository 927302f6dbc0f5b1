"""Has an export proved by its foreign reader, in a fresh process. Imports no torch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.exports.proof.declaration import ForeignReader, ProofLimits
from engine.exports.proof.verdict import judged
from engine.models.base.download_progress import ByteProgress, Outcome, run_watched


def prove(
    reader: ForeignReader,
    folder: Path,
    base: Path | None,
    truth: Path,
    limits: ProofLimits,
    work: Path,
    progress: ByteProgress,
    numbers: str | None = None,
) -> dict[str, Any]:
    """Hold what lies in `folder` against the kept truth; the proof as it is stored (`engine.exports.proof.verdict.judged`).

    Args:
        base: folder of the base that an adapter is put on; None for what stands alone.
        work: an empty folder for the process.
        numbers: hash of all that was written (`engine.exports.proof.prints`), where the writer told it.

    Raises:
        Fault: "export.unreadable", where the library cannot read the export.
        Cancelled: nobody wants it any more.
    """
    argv = [
        sys.executable,
        "-m",
        "engine.exports.proof.harness",
        reader.module,
        str(folder),
        str(base or ""),
        str(truth),
    ]
    progress.phase("proving")
    outcome = run_watched(argv, work, progress)
    try:
        told = json.loads(outcome.last_line)
    except ValueError:
        told = {"error": _last_words(outcome)}
    if "error" in told:
        raise Fault("export.unreadable", library=reader.label.as_dict(), reason=told["error"])
    kept = json.loads((truth / "truth.json").read_text(encoding="utf-8"))
    return judged(told["finding"], kept, limits, numbers)


def _last_words(outcome: Outcome) -> str:
    """Why a process ended without findings: a library in C may take it down, and the line that says why stands before traces of calls."""
    lines = [line.strip() for line in outcome.printed.splitlines() if line.strip()]
    said = next((line for line in lines if "ASSERT" in line or "rror" in line), lines[-1] if lines else "")
    how = f"signal {-outcome.code}" if outcome.code < 0 else f"exit {outcome.code}"
    return f"it ended at once ({how}): {said.split(': ', 1)[-1][:300]}"
