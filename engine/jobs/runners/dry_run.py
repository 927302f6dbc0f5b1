"""The job that counts what one step of a planned training job holds, before it is started."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psutil

from engine.core.context import Context
from engine.core.errors import Fault
from engine.jobs.reporter import Reporter
from engine.methods import method_of
from engine.objectives import objective_of
from engine.training.calibration.dry_run import Measured, measure
from storage.job_tables import Job

LIMIT_S = 180.0
LIMIT_MB = 4_000  # for 8 billion parameters it takes 550
_LOOK_EVERY = 500  # operations
_MB = 1_000_000


def run(_ctx: Context, job: Job, reporter: Reporter) -> None:
    """Count, and write {total_mb, items, seconds, forward, bill_mb, bill_items} as the job's result.

    Raises:
        Fault: "dry_run.*" when the step cannot be traced, or takes longer or more memory than a check may.
    """
    reporter.phase("counting")
    asked = job.spec["check"]
    found = measure(
        asked["config"],
        method_of(asked["method"]),
        asked["values"],
        asked["training"],
        asked["lengths"],
        asked["precision"],
        asked["recompute"],
        budget=asked["tokens"],
        after=_limits(reporter, LIMIT_S, LIMIT_MB),
        objective=objective_of(asked["objective"]) if "objective" in asked else None,
        repeat=bool(asked.get("repeat")),
        bundles=asked.get("bundles", ()),
    )
    reporter.finish(
        "succeeded", result=_result(found) | {"bill_mb": asked["bill_mb"], "bill_items": asked["bill_items"]}
    )


def _result(found: Measured) -> dict[str, Any]:
    items = [{"key": key, "mb": round(size / _MB, 1)} for key, size in found.parts.items() if size]
    total = round(found.total_bytes / _MB, 1)
    return {"total_mb": total, "items": items, "seconds": round(found.seconds, 1), "forward": found.forward}


def _limits(reporter: Reporter, seconds: float, megabytes: int) -> Callable[[], None]:
    """What to call after each operation: ends the run when it was cancelled, or takes too long or too much memory."""
    process, deadline, calls = psutil.Process(), time.monotonic() + seconds, 0

    def look() -> None:
        nonlocal calls
        calls += 1
        if calls % _LOOK_EVERY:
            return
        reporter.heed()
        if time.monotonic() > deadline:
            raise Fault("dry_run.too_long", seconds=round(seconds))
        if process.memory_info().rss > megabytes * _MB:
            raise Fault("dry_run.too_large", limit_mb=megabytes)

    return look
