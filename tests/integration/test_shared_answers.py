"""What many pages ask for at once is worked out once, and anew as soon as anything was written."""

from __future__ import annotations

import threading
import time

from sqlalchemy import insert

from engine.core.context import Context
from engine.core.shared import SharedAnswers
from engine.services.jobs.search import ended_jobs, more_ended_jobs, unfinished_jobs
from engine.services.models.tuned import count_tuned, list_tuned
from storage.db import Database
from storage.job_tables import Job, JobStatus
from storage.tables import TunedModel
from tests.integration.queueing import add_job, startable


def test_who_asks_the_same_at_once_waits_for_one_answer(ctx: Context) -> None:
    shared, made = SharedAnswers(ctx), list[int]()

    def make() -> int:
        time.sleep(0.05)
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=shared.of, args=("list", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert shared.of("other", make) == 2


def test_what_anybody_writes_makes_the_next_answer_anew(ctx: Context) -> None:
    shared, other = SharedAnswers(ctx, seconds=60.0), Context(ctx.settings, Database(ctx.settings.database))

    def count() -> int:
        return shared.of("count", lambda: len(unfinished_jobs(ctx, {})))

    assert (count(), count()) == (0, 0)
    for expected, by in enumerate((ctx, other, other, ctx), 1):
        add_job(by)
        assert count() == expected
    other.db.close()


def test_what_goes_by_the_clock_is_not_kept_for_long(ctx: Context) -> None:
    shared = SharedAnswers(ctx, seconds=0.02)
    first = shared.of("now", time.monotonic)
    time.sleep(0.03)
    assert shared.of("now", time.monotonic) > first


def test_no_more_answers_are_kept_than_were_agreed(ctx: Context) -> None:
    shared = SharedAnswers(ctx, seconds=60.0, most=3)
    for number in range(50):
        assert shared.of(number, lambda number=number: number) == number  # type: ignore[misc]
    assert list(shared._kept) == [47, 48, 49]


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
