"""A real worker process with a real reporter and nothing to learn: it counts steps, and misbehaves as its job's spec says.

Run as `python -m tests.integration.small_worker JOB_ID ATTEMPT`; spec: {"steps", "seconds" a step, "act"}.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from engine.core.context import open_context
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Fenced
from storage.job_tables import Job


def _devour() -> None:
    """Take a gigabyte and write to it: in a small control group the kernel ends this process meanwhile."""
    time.sleep(0.5)  # the step is reported
    taken = [bytearray(b"x") * (16 << 20) for _ in range(64)]
    print(f"took {len(taken)} blocks", flush=True)


def main(job_id: int, attempt: int) -> int:
    """Count steps until done, stopped or cancelled."""
    ctx = open_context()
    with ctx.db.read() as s:
        spec = s.get_one(Job, job_id).spec
    act = spec.get("act")
    print(f"job {job_id}, attempt {attempt}, stdin {sys.stdin.read()!r}", flush=True)
    if act == "crash":
        print("something broke", flush=True)
        return 7
    reporter = Reporter(ctx, job_id, attempt)
    reporter.start()
    if act == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    first = int(spec.get("first", 1)) if attempt == 1 else 1
    for step in range(first, spec["steps"] + 1):
        reporter.progress(step, spec["steps"])
        reporter.metric(step, count=float(step))
        if act == "devour":
            _devour()
        time.sleep(spec.get("seconds", 0.02))
        if act not in ("deaf", "busy") and (request := reporter.requested()):
            reporter.finish("cancelled" if request == "cancel" else "stopped")
            return 0
    reporter.event("info", f"ran-{os.getpid()}")
    reporter.finish("succeeded")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
    except Fenced:
        sys.exit(3)
