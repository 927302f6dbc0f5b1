"""Long lists come part by part, and nothing is read of what their rows do not show."""

from __future__ import annotations

from sqlalchemy import insert

from engine.core.context import Context
from engine.services.jobs.search import ended_jobs, more_ended_jobs, unfinished_jobs
from engine.services.models.tuned import count_tuned, list_tuned
from storage.job_tables import Job, JobStatus
from storage.tables import TunedModel
from tests.integration.queueing import add_job, startable


def _ended(ctx: Context, count: int) -> None:
    """So many jobs that ended, several in the same second; the data of each is as long as a real one's."""
    row = {
        "kind": "train",
        "status": JobStatus.SUCCEEDED,
        "lane": "cpu",
        "position": 1.0,
        "spec": {"long": "x" * 2_000},
    }
    with ctx.db.write() as s:
        s.execute(
            insert(Job), [row | {"name": f"J{n}", "created_at": 5.0, "finished_at": n // 3 + 0.1} for n in range(count)]
        )


def test_all_that_ended_comes_part_by_part_in_order(ctx: Context) -> None:
    _ended(ctx, 100)
    waiting = add_job(ctx)
    seen, total = ended_jobs(ctx, {}, 30)
    while part := more_ended_jobs(ctx, {}, (seen[-1]["finished_at"] or 0.0, seen[-1]["id"]), 30):
        seen += part
    order = [(job["finished_at"] or 0.0, job["id"]) for job in seen]
    assert (len(seen), total) == (100, 100)
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == 100
    assert [job["id"] for job in unfinished_jobs(ctx, {})] == [waiting]
    assert ended_jobs(ctx, {"text": "J9"}, 5)[1] == 11
    assert not {"spec", "result", "headline"} & {key for job in seen for key in job}


def test_models_come_part_by_part(ctx: Context) -> None:
    _ended(ctx, 25)
    inputs = startable(ctx)
    row = {
        "base_model_id": inputs["base_model"],
        "dataset_id": inputs["dataset"],
        "method": "lora",
        "format": "adapter",
    }
    with ctx.db.write() as s:
        rows = [
            row | {"name": f"M{n}", "job_id": n, "path": f"tuned/{n}", "bytes": 1, "weights_hash": "w"}
            for n in range(1, 26)
        ]
        s.execute(insert(TunedModel), rows)
    first = list_tuned(ctx, 10)
    then = list_tuned(ctx, 10, first[-1]["id"])
    assert [one["name"] for one in first + then] == [f"M{n}" for n in range(25, 5, -1)]
    assert count_tuned(ctx) == 25
    assert {one["base_name"] for one in first} == {"Small"}
    assert {one["job_name"] for one in first} == {f"J{n}" for n in range(15, 25)}
