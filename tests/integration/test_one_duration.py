"""How long a job took is one number, wherever it is shown: on its page, in lists, as its model, in its comparison."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine.core.context import Context
from engine.core.text import catalogue
from engine.services.comparisons import comparisons, views
from engine.services.jobs.lifecycle import job_view, resume_job
from engine.services.jobs.search import ended_jobs
from engine.services.models.tuned import list_tuned
from storage.job_tables import Job, JobEvent
from storage.tables import TunedModel
from tests.integration.queueing import startable

LIVES = ("starting", "running", "stopping", "stopped"), ("starting", "running", "interrupted"), (
    "starting", "running", "succeeded",
)  # fmt: skip
TIMES = (0.0, 100.0, 101.0, 140.0, 145.0, 1000.0, 3000.0, 3002.0, 3015.0, 9000.0, 9100.0, 9105.0, 9137.4)


def test_a_job_that_was_resumed_twice_took_equally_long_everywhere(ctx: Context) -> None:
    spec = startable(ctx)
    raw = {"name": "Two", "entrants": [{"method": "lora"}], "shared": {"seeds": 1}}
    comparison = comparisons.start_comparison(
        ctx, raw | {key: spec[key] for key in ("base_model", "dataset")} | {"device": "cpu"}, key="c"
    )
    with ctx.db.read() as s:
        job_id = s.scalars(select(Job.id)).one()
    for life in LIVES:
        for status in life:
            with ctx.db.write() as s:
                job = s.get_one(Job, job_id)
                job.status, job.finished_at = status, 9137.4 if status == life[-1] else None
        if life[-1] != "succeeded":
            resume_job(ctx, job_id)
    _tell_times(ctx, job_id)
    expected = 45.0 + 15.0 + 37.0  # without waiting
    view, (listed,) = job_view(ctx, job_id), ended_jobs(ctx, {}, 5)[0]
    row = next(line for line in views.comparison_view(ctx, comparison)["rows"] if line["key"] != "base")
    assert [view["seconds"], listed["seconds"], list_tuned(ctx)[0]["seconds"], row["cells"]["seconds"]["mean"]] == [
        expected
    ] * 4
    said = view["headline"]
    assert catalogue("en")[f"headline.{said['code']}"].format(**said["params"]) == "Finished in 1 min 37 s."


def _tell_times(ctx: Context, job_id: int) -> None:
    """When each state began, and what the last one left."""
    with ctx.db.write() as s:
        told = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.kind == "status").order_by(JobEvent.id)
        events = list(s.scalars(told))
        assert len(events) == len(TIMES)
        for event, at in zip(events, TIMES, strict=True):
            event.at = at
        job = s.get_one(Job, job_id)
        job.result = {"val_loss": 1.0, "training_s": 55.0}
        made: dict[str, Any] = {"name": "Two", "path": "tuned/1", "bytes": 1, "weights_hash": "x", "format": "adapter"}
        s.add(
            TunedModel(
                job_id=job_id, base_model_id=job.base_model_id, dataset_id=job.dataset_id, method="lora",
                metrics=job.result, **made,
            )
        )  # fmt: skip
