"""Rows as services and workers leave them, for pages that only show them. No model, no training."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from engine.core.context import Context
from engine.core.process import this_boot
from engine.jobs.spec import make_spec
from storage.job_tables import Job, JobEvent, JobStatus, LogLine, Metric, Sample
from storage.tables import Dataset, LanguageModel, TunedModel
from tests.browser.conftest import Server, start_server
from tests.homes import new_home

EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
PROMPT = "What does the lantern do when it rains?"
EXPECTED = "It hums a low note."


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for a worker: alive, and free to be ended."""
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@dataclass
class Studio:
    """A server, its database, and the jobs in it by name."""

    server: Server
    ctx: Context
    jobs: dict[str, int]


@contextmanager
def studio_with(home: Path, fill: Callable[[Context, Any], dict[str, int]]) -> Iterator[Studio]:
    """A server whose home has the jobs that `fill` adds: it is given the database and a process that stands for a worker."""
    ctx = new_home(home)
    with sleeper() as worker:
        jobs = fill(ctx, worker)
        with start_server(home) as server:
            yield Studio(server, ctx, jobs)
    ctx.db.close()


def add_inputs(ctx: Context, dataset_name: str = "Lanterns") -> tuple[int, int]:
    """A base model and a data set that are only names: (model id, dataset id)."""
    with ctx.db.write() as s:
        model = LanguageModel(name="Small base", source="folder", ref="small", status="ready", weights_hash="5a" * 32)
        data = Dataset(
            name=dataset_name, status="ready", source_name="lanterns.jsonl", upload_path="uploads/none",
            content_hash="ab" * 32, accepted=100, train_rows=90, val_rows=10,
        )  # fmt: skip
        s.add_all([model, data])
        s.flush()
        return model.id, data.id


def add_job(ctx: Context, inputs: tuple[int, int], name: str, status: str, *, position: float, **columns: Any) -> int:
    """A training job with a whole spec. Its status is reached by way of the states before it, as in life."""
    model, data = inputs
    raw = {"name": name, "base_model": model, "dataset": data, "method": "lora", "method_params": {"rank": 8}}
    with ctx.db.write() as s:
        job = Job(
            name=name, kind="train", status=JobStatus.QUEUED, lane="cpu", position=position, method="lora",
            dataset_id=data, base_model_id=model, spec=make_spec(raw).as_dict(),
        )  # fmt: skip
        s.add(job)
        s.flush()
        for key, value in columns.items():
            setattr(job, key, value)
        path = (
            []
            if status == "queued"
            else ["starting", status]
            if status == "running"
            else ["starting", "running", status]
        )
        for step in path:
            job.status = step
            s.flush()
        return job.id


def alive(worker: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The columns of a job on which `worker` works."""
    return {
        "attempt": 1, "pid": worker.pid, "pid_created": psutil.Process(worker.pid).create_time(),
        "boot_id": this_boot(), "heartbeat": time.monotonic() + 3600, "started_at": time.time() - 60, "phase": "training",
    }  # fmt: skip


def add_step(ctx: Context, job_id: int, step: int, loss: float, **columns: Any) -> None:
    """What a worker writes for one step, in one transaction; `columns` go to the job's row."""
    now = time.time()
    numbers = {"train_loss": loss, "learning_rate": 1e-3, "grad_norm": 0.5, "tokens": step * 800.0,
               "tokens_per_s": 99.0, "memory_process_mb": 1180.0}  # fmt: skip
    with ctx.db.write() as s:
        s.add_all(Metric(job_id=job_id, name=name, step=step, value=value, at=now) for name, value in numbers.items())
        s.add(LogLine(job_id=job_id, at=now, attempt=1, level="info", text=f"step {step} done"))
        job = s.get_one(Job, job_id)
        for key, value in ({"step": step, "train_loss": loss} | columns).items():
            setattr(job, key, value)


def add_check(ctx: Context, job_id: int, step: int, loss: float, answer: str) -> None:
    """Validation loss and the sample answer of one checkpoint."""
    with ctx.db.write() as s:
        s.add(Metric(job_id=job_id, name="val_loss", step=step, value=loss, at=time.time()))
        s.add(
            Sample(
                job_id=job_id,
                step=step,
                prompt_index=0,
                prompt=PROMPT,
                expected=EXPECTED,
                answer=answer,
                at=time.time(),
            )
        )
        s.get_one(Job, job_id).val_loss = loss


def add_event(ctx: Context, job_id: int, kind: str, code: str, **params: Any) -> None:
    """An event of a job."""
    with ctx.db.write() as s:
        s.add(JobEvent(job_id=job_id, at=time.time(), kind=kind, code=code, params=params, attempt=1, step=1))


def add_tuned_row(ctx: Context, inputs: tuple[int, int], job_id: int, name: str, **columns: Any) -> int:
    """A tuned model whose file holds no weights."""
    (ctx.settings.folder("tuned", str(job_id)) / "adapter_model.safetensors").touch()
    values = {"method": "lora", "format": "adapter", "bytes": 9_800_000} | columns
    with ctx.db.write() as s:
        tuned = TunedModel(
            name=name, job_id=job_id, base_model_id=inputs[0], dataset_id=inputs[1], path=f"tuned/{job_id}",
            weights_hash="c0" * 32, lineage={"dataset": {"content_hash": "ab" * 32}},
            metrics={"base_val_loss": 2.31, "val_loss": 0.41, "steps": 48, "tokens": 40320, "seconds": 152}, **values,
        )  # fmt: skip
        s.add(tuned)
        s.flush()
        return tuned.id
