"""What a worker reports reaches the database whole, in time, and only while the job is its own."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.jobs.kinds.declaration import JobKind
from engine.jobs.kinds.export import EXPORT
from engine.jobs.kinds.train import TRAIN
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled, Fenced, Interrupted
from storage.job_tables import Job, JobEvent, JobStatus, LogLine, Metric, Sample
from storage.queries import reporting
from tests import workers


@pytest.fixture
def reporter(ctx: Context) -> Iterator[Reporter]:
    """The reporter of a started job."""
    with ctx.db.write() as s:
        s.add(
            Job(
                name="Job",
                kind="export",
                status=JobStatus.STARTING,
                lane="background",
                position=1.0,
                attempt=3,
                spec={},
            )
        )
    made = Reporter(ctx, 1, 3)
    made.start()
    yield made
    made.close()


def everything(ctx: Context, table: Any) -> list[Any]:
    with ctx.db.read() as s:
        return list(s.scalars(select(table).order_by(table.id)))


def take_over(ctx: Context, **columns: Any) -> None:
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == 1).values(**columns))


def test_all_of_it_is_written_without_being_asked(ctx: Context, reporter: Reporter) -> None:
    reporter.phase("training")
    reporter.progress(4, 10, 2.5, train_loss=0.5)
    reporter.metric(4, train_loss=0.5, val_loss=math.nan, perplexity=math.inf, grad_norm=None)
    reporter.sample(4, 0, "Who?", None, "Me.")
    reporter.event("warning", "resumed", step=4, more="x")
    reporter.log("info", "a line")
    before = workers.row(ctx, 1).heartbeat
    workers.wait_until(lambda: workers.row(ctx, 1).step == 4, 5)
    job = workers.row(ctx, 1)
    assert (job.status, job.phase, job.total_steps, job.seconds_left, job.train_loss) == (
        "running",
        "training",
        10,
        2.5,
        0.5,
    )
    assert workers.series(ctx, 1, "train_loss") == {4: 0.5}
    assert [metric.name for metric in everything(ctx, Metric)] == ["train_loss"]
    assert [(s.prompt, s.answer) for s in everything(ctx, Sample)] == [("Who?", "Me.")]
    event = everything(ctx, JobEvent)[-1]
    assert (event.code, event.step, event.attempt, event.params) == ("resumed", 4, 3, {"step": 4, "more": "x"})
    assert [(line.level, line.text) for line in everything(ctx, LogLine)] == [("info", "a line")]
    workers.wait_until(lambda: (workers.row(ctx, 1).heartbeat or 0) > (before or 0), 5)


def test_a_later_number_of_a_step_replaces_the_earlier(ctx: Context, reporter: Reporter) -> None:
    for value in (1.0, 2.0):
        reporter.metric(1, train_loss=value)
        reporter.sample(1, 0, "Who?", None, str(value))
        reporter.flush()
    assert workers.series(ctx, 1, "train_loss") == {1: 2.0}
    assert [sample.answer for sample in everything(ctx, Sample)] == ["2.0"]


def test_the_users_wish_arrives_with_the_heartbeat(ctx: Context, reporter: Reporter) -> None:
    assert reporter.requested() is None
    take_over(ctx, request="stop", status=JobStatus.STOPPING)
    workers.wait_until(lambda: reporter.requested() == "stop", 5)
    reporter.finish("stopped", result={"x": 1})
    job = workers.row(ctx, 1)
    assert (job.status, job.result, job.request, job.phase) == ("stopped", {"x": 1}, None, None)
    assert job.finished_at == pytest.approx(time.time(), abs=10)


@pytest.mark.parametrize(("kind", "request_", "ends"), [
    (EXPORT, None, False), (EXPORT, "stop", True), (EXPORT, "cancel", True), (TRAIN, "stop", False), (TRAIN, "cancel", True),
])  # fmt: skip
def test_what_a_stop_means_is_as_the_kind_says(
    ctx: Context, reporter: Reporter, kind: JobKind, request_: str | None, ends: bool
) -> None:
    reporter.kind = kind
    take_over(ctx, request=request_)
    reporter.flush()
    with pytest.raises(Cancelled) if ends else contextlib.nullcontext():
        reporter.heed()


@pytest.mark.parametrize("columns", [{"attempt": 4}, {"status": JobStatus.INTERRUPTED}])
def test_nothing_is_written_once_the_job_is_not_ours(ctx: Context, reporter: Reporter, columns: Any) -> None:
    take_over(ctx, **columns)
    beat = workers.row(ctx, 1).heartbeat
    reporter.log("info", "late")
    for late in (
        reporter.flush,
        lambda: reporter.metric(9, train_loss=1.0),
        lambda: reporter.finish("succeeded"),
        reporter.requested,
    ):
        with pytest.raises(Fenced):
            late()
    with pytest.raises(Fenced), reporter.transaction() as s:
        reporting.forget_after(s, 1, -1)
    assert everything(ctx, Metric) == everything(ctx, LogLine) == []
    assert workers.row(ctx, 1).heartbeat == beat
    assert workers.row(ctx, 1).finished_at is None


def test_a_job_that_waits_for_another_attempt_is_not_begun(ctx: Context, reporter: Reporter) -> None:
    for attempt in (2, 3, 4):  # 3 is running already
        with pytest.raises(Fenced):
            Reporter(ctx, 1, attempt).start()


def test_a_job_begins_once_the_database_can_be_written_to(
    ctx: Context, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, refused = reporting.begin_run, [OperationalError("UPDATE", {}, Exception("database is locked"))]

    def busy(session: Session, job_id: int, attempt: int) -> float:
        if refused:
            raise refused.pop()
        return begin(session, job_id, attempt)

    take_over(ctx, attempt=4, status=JobStatus.STARTING)
    monkeypatch.setattr(reporting, "begin_run", busy)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    later = Reporter(ctx, 1, 4)
    later.start()
    later.close()
    assert workers.row(ctx, 1).status == JobStatus.RUNNING


def test_a_full_disk_delays_and_loses_nothing(
    ctx: Context, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(reporting, "add_metrics", full)
    reporter.metric(1, train_loss=1.0)
    reporter.flush()
    reporter.metric(2, train_loss=2.0)
    reporter.flush()
    assert everything(ctx, Metric) == []
    monkeypatch.undo()
    workers.wait_until(lambda: len(everything(ctx, Metric)) == 2, 5)
    assert workers.series(ctx, 1, "train_loss") == {1: 1.0, 2: 2.0}


def test_a_fault_of_the_heartbeat_reaches_the_worker(
    ctx: Context, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> None:
        raise ValueError("not JSON")

    monkeypatch.setattr(reporting, "add_events", broken)
    reporter.event("info", "resumed")
    with pytest.raises(ValueError, match="not JSON"):
        workers.wait_until(lambda: reporter.requested() == "never", 5)


def test_an_end_by_signal_waits_only_where_it_is_told_to(ctx: Context, reporter: Reporter) -> None:
    with reporter.deferring_interrupts():
        reporter.interrupt()
    assert reporter.interrupted
    with pytest.raises(Interrupted):
        reporter.interrupt()
    take_over(ctx, request="cancel", status=JobStatus.STOPPING)
    workers.wait_until(lambda: reporter.requested() == "cancel", 5)
    with pytest.raises(Interrupted), reporter.deferring_interrupts():
        reporter.interrupt()


def test_a_long_line_keeps_its_end(ctx: Context, reporter: Reporter) -> None:
    reporter.log("error", "a" * 5000 + "the reason")
    reporter.flush()
    text = everything(ctx, LogLine)[0].text
    assert len(text) < 4100
    assert text.endswith("the reason")
