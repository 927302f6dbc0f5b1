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
from storage.tables import Dataset, LanguageModel

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


def startable(ctx: Context) -> dict[str, Any]:
    """A form that can be started: its model and its data set are ready."""
    with ctx.db.write() as s:
        model = LanguageModel(
            name="Small", source="hub", ref="some/small", status="ready", weights_hash="w" * 64, error=null(),
            config={
                "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
                "num_attention_heads": 4, "vocab_size": 512,
            },
        )  # fmt: skip
        dataset = Dataset(
            name="Lamps", status="ready", source_name="l.csv", upload_path="uploads/l", content_hash="c" * 64
        )
        s.add_all([model, dataset])
        s.flush()
        ids = {"base_model": model.id, "dataset": dataset.id}
    return {"name": "Lesson", "method": "lora", "training": {"epochs": 2}, "budget": {"device": "cpu"}, **ids}


def start_server(ctx: Context) -> subprocess.Popen[str]:
    """Another process that only runs a supervisor on the same database."""
    environment = {**os.environ, **ctx.settings.child_environment()}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server
