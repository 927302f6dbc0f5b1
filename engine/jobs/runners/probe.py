"""The probe: three real optimizer steps of a spec, in a worker and under the budget, to learn how fast this machine is.

It takes the path that a job takes (the same inputs, base, method and trainer) and leaves nothing but numbers: no model,
no checkpoint, no samples. Its own deadline ends it, whatever it is doing at that moment. So this module is a light one:
the deadline counts before torch is imported.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.core.context import Context
from engine.jobs.reporter import Reporter
from engine.jobs.spec import make_stored
from engine.training.calibration.probe import LIMIT_S, Deadline, Probe
from storage.job_tables import Job


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Measure, keep what was measured, and write the job's end. `job.spec["seconds"]` is the limit, 60 at most.

    Raises:
        Cancelled: nobody wants it any more.
        Fault: what makes the job itself impossible, or "probe.out_of_memory".
    """
    limit_s = min(LIMIT_S, float(job.spec.get("seconds") or LIMIT_S))
    probe = Probe(ctx, make_stored(job.spec), reporter, Deadline.of(limit_s, reporter.began))
    with _swept(probe.folder()), _ended_in_time(probe):
        from engine.training.calibration.probe_steps import measure

        measure(probe)
    probe.end()


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """Nothing of the folder is left afterwards."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_in_time(probe: Probe) -> Iterator[None]:
    """The process ends at the hard deadline with what was measured until then, even if it hangs in one long call."""

    def end() -> None:
        try:
            shutil.rmtree(probe.folder(), ignore_errors=True)
            probe.end()
        finally:
            os._exit(0)

    timer = threading.Timer(max(0.0, probe.deadline.hard - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
