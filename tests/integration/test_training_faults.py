"""Worker processes of training that are killed, frozen or asked to end: nothing is lost and nothing is written twice."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time

import pytest
from sqlalchemy import func, select

from engine.core.context import Context
from engine.jobs.worker import EXIT_FENCED
from engine.services.jobs import lifecycle
from storage.job_tables import Checkpoint, JobEvent, JobStatus, LogLine, Metric, Sample
from storage.queries.jobs import end_attempt
from storage.tables import TunedModel
from tests import forks, tiny, workers
from tests.forks import Forked

pytestmark = pytest.mark.slow

TRAINING = {"epochs": 6, "batch_size": 4, "evaluations": 5, "learning_rate": 0.01}
STEPS = 60


@pytest.fixture
def job(ctx: Context) -> int:
    dataset = tiny.add_dataset(ctx, tiny.chat_rows(42, turns=2), held_out=2)
    return workers.queue(
        ctx, tiny.add_model(ctx), dataset, training=TRAINING, method_params={"dropout": 0.1}, sample_prompts=["kettle?"]
    )


def start(ctx: Context) -> Forked:
    return forks.worker(ctx, *workers.claim(ctx))


def reach(ctx: Context, job_id: int, step: int) -> None:
    workers.wait_until(lambda: workers.row(ctx, job_id).step >= step, 120)


def bury(ctx: Context, job_id: int) -> None:
    """What the supervisor does when a worker is gone."""
    attempt = workers.row(ctx, job_id).attempt
    with ctx.db.write() as s:
        assert end_attempt(s, job_id, attempt, status=JobStatus.INTERRUPTED, error=None)


def freeze(ctx: Context, process: Forked) -> None:
    """Stop the process where it stands, but not within a transaction: there it would lock everybody out for good."""
    for _ in range(200):
        process.send_signal(signal.SIGSTOP)
        with contextlib.closing(sqlite3.connect(ctx.settings.database, timeout=0.1)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
                other.rollback()
                return
            except sqlite3.OperationalError:  # it holds the lock
                process.send_signal(signal.SIGCONT)
                time.sleep(0.01)
    raise AssertionError("the worker never let go of the database")


def test_a_killed_worker_resumes_with_the_same_curve(ctx: Context, job: int) -> None:
    """Dropout is on, so that the random numbers must be restored too."""
    workers.run_here(ctx)
    expected = workers.series(ctx, job, "train_loss")
    assert len(expected) == STEPS
    again = workers.queue(ctx, 1, 1, training=TRAINING, method_params={"dropout": 0.1}, sample_prompts=["kettle?"])
    process = start(ctx)
    reach(ctx, again, 25)
    process.kill()
    process.wait(10)
    bury(ctx, again)
    reached = workers.row(ctx, again).step
    assert 25 <= reached < STEPS
    lifecycle.resume_job(ctx, again)
    done = workers.run_here(ctx)
    assert (done.status, done.step) == ("succeeded", STEPS)
    with ctx.db.read() as s:
        found = select(JobEvent.step).where(JobEvent.job_id == again, JobEvent.code == "resumed")
        resumed_at = s.scalar(found)
    assert resumed_at is not None
    assert 0 <= reached - resumed_at <= STEPS // 5
    assert workers.series(ctx, again, "train_loss") == pytest.approx(expected, abs=1e-6)
    assert done.result["val_loss"] == pytest.approx(workers.row(ctx, job).result["val_loss"], abs=1e-6)


def written(ctx: Context, job_id: int) -> list[int]:
    """How many rows of each kind there are."""
    with ctx.db.read() as s:
        tables = (Metric, Sample, LogLine, Checkpoint, TunedModel)
        return [s.scalar(select(func.count()).where(table.job_id == job_id)) or 0 for table in tables]


def test_an_attempt_that_wakes_up_too_late_writes_nothing(ctx: Context, job: int) -> None:
    process = start(ctx)
    reach(ctx, job, 5)
    try:
        freeze(ctx, process)
        bury(ctx, job)
        lifecycle.resume_job(ctx, job)
        assert workers.claim(ctx) == (job, 2)
        before, row = written(ctx, job), workers.row(ctx, job)
    finally:
        process.send_signal(signal.SIGCONT)
    assert process.wait(30) == EXIT_FENCED
    after = workers.row(ctx, job)
    assert written(ctx, job) == before
    assert (after.attempt, after.status, after.step, after.heartbeat) == (2, "starting", row.step, row.heartbeat)


def test_a_worker_told_to_end_saves_where_it_is(ctx: Context, job: int) -> None:
    """And a second worker of the same attempt leaves at once."""
    claimed = workers.claim(ctx)
    process = forks.worker(ctx, *claimed)
    reach(ctx, job, 5)
    assert forks.worker(ctx, *claimed).wait(60) == EXIT_FENCED
    process.terminate()
    assert process.wait(60) == 0
    ended = workers.row(ctx, job)
    assert (ended.status, ended.error) == ("interrupted", {"code": "worker.interrupted", "params": {}})
    with ctx.db.read() as s:
        assert s.scalar(select(func.max(Checkpoint.step)).where(Checkpoint.job_id == job)) == ended.step


def test_killed_while_saving_leaves_no_half_checkpoint(ctx: Context, job: int) -> None:
    """The folder that was being written is neither offered nor left behind."""
    process = start(ctx)
    folder = ctx.settings.home / "jobs" / str(job) / "checkpoints"
    workers.wait_until(lambda: any(folder.glob(".*partial")) or any(folder.glob("step-*")), 120)
    process.kill()
    process.wait(10)
    bury(ctx, job)
    registered = written(ctx, job)[3]
    lifecycle.resume_job(ctx, job)
    assert workers.run_here(ctx).status == "succeeded"
    assert not list(folder.glob(".*partial"))
    codes = workers.event_codes(ctx, job)
    assert ("resumed" if registered else "prepared_already") in codes
