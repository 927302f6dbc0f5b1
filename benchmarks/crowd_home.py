"""The home of `benchmarks.crowd`: 5,000 ended jobs, some with a model, one with 1,000,000 numbers, and inputs to train on."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from engine.core.context import Context
from engine.jobs.spec import make_spec
from storage.job_tables import Checkpoint, Job, JobEvent, JobStatus, LogLine, Metric
from storage.queries.jobs import active_jobs
from storage.tables import Dataset, LanguageModel, TunedModel
from tests import tiny, workers
from tests.homes import new_home
from tests.model_files import take_as_it_is

JOBS, MODELS, NUMBERS = 5_000, 100, 1_000_000
SERIES = ("train_loss", "val_loss", "learning_rate", "grad_norm")
BIG = "A million numbers"
_STEPS = 25  # of each ended job
_WIDTH = {"hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 6}
_AT_ONCE = 50_000

Row = dict[str, Any]


def opened(home: Path) -> Context:
    """The home, filled where it is not there yet."""
    fresh = not (home / "tunesmith.db").exists()
    ctx = new_home(home)
    if fresh:
        _fill(ctx)
    return ctx


def _fill(ctx: Context) -> None:
    model, data = _wide_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(400))
    with ctx.db.write() as s:
        raw = {"name": "Ended", "base_model": model, "dataset": data, "method": "lora"}
        spec = make_spec(raw).as_dict()
        s.execute(insert(Job), [_ended(number, spec, model, data) for number in range(JOBS)])
    with ctx.db.read() as s:
        ids = list(s.scalars(select(Job.id).order_by(Job.id)))
    _add(ctx, Metric, (row for job in ids[1:] for row in _numbers(job, _STEPS, ("train_loss", "val_loss"))))
    _add(ctx, Metric, _numbers(ids[0], NUMBERS // len(SERIES), SERIES))
    _add(ctx, JobEvent, (_told(job, code) for job in ids for code in ("running", "succeeded")))
    _add(ctx, LogLine, (_line(job, number) for job in ids[:200] for number in range(20)))
    _add(ctx, Checkpoint, (_checkpoint(job) for job in ids))
    _add(ctx, TunedModel, (_tuned(job, spec, model, data) for job in ids[-MODELS:]))


def _add(ctx: Context, table: Any, rows: Iterator[Row]) -> None:
    """Insert in pieces, so that a million rows need little memory."""
    waiting: list[Row] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == _AT_ONCE:
            _insert(ctx, table, waiting)
            waiting = []
    if waiting:
        _insert(ctx, table, waiting)


def _insert(ctx: Context, table: Any, rows: list[Row]) -> None:
    with ctx.db.write() as s:
        s.execute(insert(table), rows)


def _ended(number: int, spec: Row, model: int, data: int) -> Row:
    at = 1_700_000_000.0 + 60 * number
    return {
        "name": f"Ended {number}" if number else BIG, "kind": "train", "status": JobStatus.SUCCEEDED, "lane": "cpu",
        "position": float(number), "spec": spec, "method": "lora", "dataset_id": data, "base_model_id": model,
        "attempt": 1, "step": _STEPS, "total_steps": _STEPS, "train_loss": 1.1, "val_loss": 1.2,
        "result": {"model_step": _STEPS}, "created_at": at, "started_at": at, "finished_at": at + 50,
    }  # fmt: skip


def _numbers(job: int, steps: int, names: tuple[str, ...]) -> Iterator[Row]:
    """Falling waves, a row a step and name, in the order in which a worker writes them."""
    for step in range(1, steps + 1):
        value = 1.0 + 2.0 / math.sqrt(step) + 0.1 * math.sin(step * 0.7)
        for name in names:
            yield {"job_id": job, "name": name, "step": step, "value": value, "at": 1_700_000_000.0 + step}


def _told(job: int, code: str) -> Row:
    at = 1_700_000_010.0 + (40 if code == "succeeded" else 0)
    return {"job_id": job, "at": at, "kind": "status", "code": code, "params": {}, "attempt": 1, "step": 0}


def _line(job: int, number: int) -> Row:
    return {"job_id": job, "at": 1_700_000_000.0, "attempt": 1, "level": "info", "text": f"Line {number} of the log"}


def _checkpoint(job: int) -> Row:
    numbers = {"train_loss": 1.1, "val_loss": 1.2}
    return {
        "job_id": job,
        "attempt": 1,
        "step": _STEPS,
        "path": f"jobs/{job}/{_STEPS}",
        "bytes": 1,
        "files": {},
        "metrics": numbers,
    }


def _tuned(job: int, spec: Row, model: int, data: int) -> Row:
    return {
        "name": f"Model {job}", "job_id": job, "base_model_id": model, "dataset_id": data, "method": "lora", "format": "adapter",
        "path": f"tuned/{job}", "bytes": 1, "weights_hash": f"{job:064x}", "lineage": {"spec": spec}, "metrics": {"val_loss": 1.2},
    }  # fmt: skip


def _wide_model(ctx: Context) -> int:
    """A random Llama of 5 million weights: a step takes about a tenth of a second on two cores."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    model_id = tiny.add_model(ctx)
    folder = ctx.settings.home / "models" / "tiny" / "weights"
    torch.manual_seed(0)
    known = json.loads((folder / "config.json").read_text())
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**known | _WIDTH | {"head_dim": 64}))
    model.save_pretrained(folder)
    take_as_it_is(ctx, model_id)
    with ctx.db.write() as s:
        s.get_one(LanguageModel, model_id).parameters = sum(one.numel() for one in model.parameters())
    return model_id


def big(ctx: Context) -> int:
    """The job with the many numbers."""
    with ctx.db.read() as s:
        return int(s.scalars(select(Job.id).where(Job.name == BIG)).one())


def train(ctx: Context) -> int:
    """Queue a job that trains for longer than anybody watches (a number is kept every few steps)."""
    with ctx.db.read() as s:
        model, data = s.scalar(select(LanguageModel.id)), s.scalar(select(Dataset.id))
    assert model
    assert data
    settings = {"epochs": 60, "batch_size": 4, "evaluations": 2}
    return workers.queue(ctx, model, data, name=f"Watched {time.time():.0f}", training=settings)


def trains_alone(ctx: Context, job: int) -> bool:
    """Whether it takes steps, and nothing else is under way (a new home prepares the starter model)."""
    with ctx.db.read() as s:
        return [(one.id, one.step > 5) for one in active_jobs(s)] == [(job, True)]


def end(ctx: Context) -> None:
    """Leave nothing that a later server would go on with."""
    from engine.services.jobs import lifecycle

    with ctx.db.read() as s:
        alive = list(s.scalars(select(Job.id).where(Job.status.in_(("queued", "starting", "running", "stopping")))))
    for job in alive:
        lifecycle.cancel_job(ctx, job)
