"""Jobs for real worker processes: queue one, start its worker, end it, look at what it wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine.core.context import Context
from engine.core.process import new_nonce, this_boot
from engine.jobs.reporter import Reporter
from engine.jobs.waiting import waiting_kinds
from engine.jobs.worker import work
from engine.services.jobs import lifecycle
from storage.job_tables import Job, JobEvent, Metric
from storage.queries.jobs import claim_next
from tests import forks

PROJECT = Path(__file__).resolve().parents[1]


def queue(ctx: Context, base_model: int, dataset: int, *, method: str = "lora", **raw: Any) -> int:
    """A queued training job on the processor; `raw` are further fields of the spec."""
    spec = {
        "name": "Lesson",
        "base_model": base_model,
        "dataset": dataset,
        "method": method,
        "budget": {"device": "cpu"},
    }
    return lifecycle.start_job(ctx, spec | raw, key="")


def claim(ctx: Context) -> tuple[int, int]:
    """Claim the next queued job as the supervisor does: (job, attempt)."""
    with ctx.db.write() as s:
        claimed = claim_next(s, nonce=new_nonce(), boot_id=this_boot(), waiting=waiting_kinds())
    assert claimed is not None
    return claimed


def start_worker(ctx: Context, job_id: int, attempt: int, **environment: str) -> subprocess.Popen[bytes]:
    """The worker's process, with its output in a file under home."""
    log = ctx.settings.folder("logs") / f"{job_id}-{attempt}.log"
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "engine.jobs.worker", str(job_id), str(attempt)],
            cwd=PROJECT,
            env=os.environ | ctx.settings.child_environment() | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run_worker(ctx: Context, timeout: float = 120) -> Job:
    """Claim the next job, run it to its end in a process of its own, and return its row."""
    job_id, attempt = claim(ctx)
    assert start_worker(ctx, job_id, attempt).wait(timeout) == 0, worker_output(ctx, job_id, attempt)
    return row(ctx, job_id)


def run_forked(ctx: Context, timeout: float = 120) -> Job:
    """As `run_worker`, without the seconds of importing."""
    job_id, attempt = claim(ctx)
    assert forks.worker(ctx, job_id, attempt).wait(timeout) == 0, worker_output(ctx, job_id, attempt)
    return row(ctx, job_id)


def worker_output(ctx: Context, job_id: int, attempt: int) -> str:
    """What the worker printed."""
    return (ctx.settings.home / "logs" / f"{job_id}-{attempt}.log").read_text()[-4000:]


def row(ctx: Context, job_id: int) -> Job:
    """The job's row of now."""
    with ctx.db.read() as s:
        job = s.get(Job, job_id)
        assert job is not None
        return job


def series(ctx: Context, job_id: int, name: str) -> dict[int, float]:
    """A metric by step."""
    with ctx.db.read() as s:
        wanted = select(Metric.step, Metric.value).where(Metric.job_id == job_id, Metric.name == name)
        return {found.step: found.value for found in s.execute(wanted.order_by(Metric.step))}


def event_codes(ctx: Context, job_id: int) -> list[str]:
    """Codes of the job's events, in order."""
    with ctx.db.read() as s:
        return list(s.scalars(select(JobEvent.code).where(JobEvent.job_id == job_id).order_by(JobEvent.id)))


def events_of(ctx: Context, job_id: int, code: str) -> list[dict[str, Any]]:
    """Params of the job's events with one code, in order."""
    with ctx.db.read() as s:
        found = select(JobEvent.params).where(JobEvent.job_id == job_id, JobEvent.code == code).order_by(JobEvent.id)
        return [dict(params) for params in s.scalars(found)]


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def run_here(ctx: Context) -> Job:
    """Claim the next job and run it to its end within this process, on the real database."""
    job_id, attempt = claim(ctx)
    reporter = Reporter(ctx, job_id, attempt)
    reporter.start()
    work_here(ctx, reporter)
    return row(ctx, job_id)


def work_here(ctx: Context, reporter: Reporter) -> None:
    """What a worker does once it has begun; this process listens to SIGTERM afterwards as it did before."""
    heard = signal.getsignal(signal.SIGTERM)
    try:
        work(ctx, reporter)
    finally:
        signal.signal(signal.SIGTERM, heard)
        reporter.close()
