"""Jobs for the small worker, and a supervisor that starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import null

from engine.core.context import Context
from engine.jobs.executors.local import LocalExecutor
from engine.jobs.supervisor import Supervisor
from storage.job_tables import Job, JobStatus
from storage.queries import jobs as queries

PROJECT = Path(__file__).resolve().parents[2]
SMALL_WORKER = (sys.executable, "-m", "tests.integration.small_worker")
SERVER = """
import sys
from engine.core.context import open_context
from tests.integration.queueing import small_supervisor
supervisor = small_supervisor(open_context())
print("ready", flush=True)
supervisor.run_until(lambda: False)
"""


def small_supervisor(ctx: Context, **options: Any) -> Supervisor:
    """A supervisor whose workers only count."""
    return Supervisor(ctx, LocalExecutor(SMALL_WORKER), interval=0.05, **options)


def add_job(ctx: Context, *, lane: str = "cpu", steps: int = 3, **spec: Any) -> int:
    """A queued job for the small worker."""
    job = Job(
        name="count", kind="export", status=JobStatus.QUEUED, lane=lane, spec={"steps": steps, **spec}, error=null()
    )
    with ctx.db.write() as s:
        return queries.add_job(s, job)


def start_server(ctx: Context) -> subprocess.Popen[str]:
    """Another process that only runs a supervisor on the same database."""
    environment = {**os.environ, **ctx.settings.child_environment()}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server
