"""The supervisor with real processes: starting, killing, adopting, cancelling."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from sqlalchemy import update

from engine.core.context import Context
from engine.core.process import identify, this_boot
from engine.jobs import supervisor as module
from engine.jobs.executors.base import Ending
from engine.jobs.executors.local import LocalExecutor, worker_log
from engine.jobs.supervisor import Supervisor
from engine.services.jobs.lifecycle import cancel_job, job_view, resume_job, stop_job
from storage.job_tables import FINAL, Job, JobStatus
from tests.integration.queueing import add_job, small_supervisor, start_server
from tests.workers import event_codes, row, series, wait_until

pytestmark = pytest.mark.slow  # workers of their own, as processes


@pytest.fixture
def queue(ctx: Context) -> Iterator[Supervisor]:
    """A running supervisor of small workers; what it started ends with the test."""
    running = small_supervisor(ctx, cancel_grace=0.4)
    running.start()
    yield running
    running.stop()
    _end_workers(ctx)


def _end_workers(ctx: Context) -> None:
    home = str(ctx.settings.home)
    for process in psutil.process_iter(["cmdline"]):
        if "tests.integration.small_worker" in (process.info["cmdline"] or []):
            try:
                if process.environ().get("TUNESMITH_HOME") == home:
                    process.kill()
            except psutil.Error:
                continue


def ended(ctx: Context, job_id: int) -> Job:
    """The row of a job, once it is final."""
    wait_until(lambda: row(ctx, job_id).status in FINAL, 30)
    return row(ctx, job_id)


def running(ctx: Context, job_id: int, step: int = 2) -> Job:
    """The row of a job, once it works and its process is known."""
    wait_until(lambda: row(ctx, job_id).step >= step and row(ctx, job_id).pid is not None, 30)
    return row(ctx, job_id)


# ------------------------------------------------------------------ the usual way


def test_a_job_runs_in_a_session_of_its_own_without_our_terminal(ctx: Context, queue: Supervisor) -> None:
    job_id = add_job(ctx, steps=2_000)
    job = running(ctx, job_id)
    assert os.getsid(job.pid or 0) == job.pid != os.getsid(0)
    stop_job(ctx, job_id)
    assert ended(ctx, job_id).status == "stopped"
    assert "stdin ''" in worker_log(ctx.settings, job_id, 1).read_text()
    assert event_codes(ctx, job_id) == ["queued", "starting", "running", "stopping", "stopped"]


def test_one_job_a_lane_in_the_order_of_the_queue(ctx: Context, queue: Supervisor) -> None:
    first, second = add_job(ctx, steps=60), add_job(ctx, steps=2)
    beside = add_job(ctx, steps=60, lane="background")
    assert [ended(ctx, job_id).status for job_id in (first, second, beside)] == ["succeeded"] * 3
    assert (row(ctx, second).started_at or 0) >= (row(ctx, first).finished_at or 0)
    assert (row(ctx, beside).started_at or 0) < (row(ctx, first).finished_at or 0)


def test_a_worker_that_cannot_be_started_fails_its_job_and_not_the_queue(ctx: Context) -> None:
    job_id = add_job(ctx)
    Supervisor(ctx, LocalExecutor(("/nowhere/python",))).tick()
    job = row(ctx, job_id)
    assert (job.status, job.error["code"]) == ("failed", "job.cannot_start")  # type: ignore[index]


# ------------------------------------------------------------------ ends that the worker cannot tell


def test_a_killed_worker_is_interrupted_and_resumes(ctx: Context, queue: Supervisor) -> None:
    job_id = add_job(ctx, steps=100)
    os.kill(running(ctx, job_id).pid or 0, signal.SIGKILL)
    killed_at = time.monotonic()
    job = ended(ctx, job_id)
    assert time.monotonic() - killed_at < module.LEASE_SECONDS
    assert (job.status, job.error["code"]) == ("interrupted", "job.killed")  # type: ignore[index]
    assert "job.killed" in event_codes(ctx, job_id)
    resume_job(ctx, job_id)
    job = ended(ctx, job_id)
    assert (job.status, job.attempt, job.error) == ("succeeded", 2, None)


def test_a_crash_is_told_with_its_last_words(ctx: Context, queue: Supervisor) -> None:
    job = ended(ctx, add_job(ctx, act="crash"))
    assert job.status == "interrupted"
    assert job.error == {"code": "job.crashed", "params": {"step": 0, "exit_code": 7, "said": "something broke"}}


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending(ours=True, code=-9, out_of_memory=True), "job.out_of_memory"),
        (Ending(ours=True, code=-9), "job.killed"),
        (Ending(ours=True, code=-11), "job.signalled"),
        (Ending(ours=True, code=1), "job.crashed"),
        (Ending(), "job.lost"),
    ],
)
def test_each_ending_has_its_cause(ctx: Context, ending: Ending, code: str) -> None:
    job = Job(id=1, attempt=1, step=5, pid=4, boot_id=this_boot())
    assert Supervisor(ctx)._cause(job, ending)["code"] == code


def _claimed(ctx: Context, **columns: object) -> int:
    """An active job as another supervisor left it."""
    job_id = add_job(ctx)
    values = {"status": JobStatus.RUNNING, "attempt": 1, "boot_id": this_boot(), "heartbeat": time.monotonic()}
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == job_id).values(**(values | columns)))
    return job_id


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"boot_id": "another|x", "pid": 1, "pid_created": 1.0}, "job.rebooted"),
        ({"heartbeat": time.monotonic() - 100, "pid": None}, "job.never_started"),
        ({"boot_id": this_boot() + "x", "heartbeat": time.monotonic() - 100, "pid": 1, "pid_created": 1.0}, "job.lost"),
    ],
)
def test_what_is_certainly_gone_is_interrupted(ctx: Context, columns: dict[str, object], code: str) -> None:
    job_id = _claimed(ctx, **columns)
    Supervisor(ctx).tick()
    job = row(ctx, job_id)
    assert (job.status, (job.error or {})["code"]) == ("interrupted", code)


@pytest.mark.parametrize("columns", [{"pid": None}, {"boot_id": this_boot() + "x", "pid": 1, "pid_created": 1.0}])
def test_what_may_be_alive_is_left_alone(ctx: Context, columns: dict[str, object]) -> None:
    """Being started by another server, or working in another container whose processes cannot be seen."""
    job_id = _claimed(ctx, **columns)
    Supervisor(ctx).tick()
    assert row(ctx, job_id).status == "running"


def test_a_reused_pid_is_neither_adopted_nor_killed(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OTHERS_CHILD_SECONDS", 0.0)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        who = identify(stranger.pid)
        assert who is not None
        columns = {"pid": stranger.pid, "pid_created": who.created - 500, "nonce": "of-the-dead"}
        asked = _claimed(ctx, **columns, request="cancel")
        supervisor = Supervisor(ctx, cancel_grace=0.0)
        supervisor._hasten(row(ctx, asked))
        for _ in range(3):
            supervisor.tick()
        assert row(ctx, asked).status == "cancelled"
        job_id = _claimed(ctx, **columns)
        supervisor.tick()
        assert row(ctx, job_id).status == "interrupted"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_nonce_knows_its_worker_after_the_clock_was_set(ctx: Context, queue: Supervisor) -> None:
    job = running(ctx, add_job(ctx, steps=200))
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == job.id).values(pid_created=(job.pid_created or 0) - 3600))
    other = small_supervisor(ctx)
    for _ in range(3):
        other.tick()
    assert row(ctx, job.id).status == "running"


# ------------------------------------------------------------------ silence, stop and cancel


def test_a_frozen_worker_shows_as_stalled_and_goes_on(
    ctx: Context, queue: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 1.0)
    job_id = add_job(ctx, steps=100)
    pid = running(ctx, job_id).pid or 0
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: job_view(ctx, job_id)["stalled"], 10)
    assert job_view(ctx, job_id)["headline"]["code"] == "stalled"
    assert row(ctx, job_id).status == "running"
    os.kill(pid, signal.SIGCONT)
    assert ended(ctx, job_id).status == "succeeded"


@pytest.mark.parametrize("act", ["deaf", "busy"])
def test_a_cancelled_worker_that_does_not_listen_is_ended(
    ctx: Context, queue: Supervisor, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setattr(module, "KILL_GRACE_SECONDS", 0.4)
    job_id = add_job(ctx, steps=10_000, act=act)
    pid = running(ctx, job_id).pid or 0
    cancel_job(ctx, job_id)
    job = ended(ctx, job_id)
    assert (job.status, job.error, job.request) == ("cancelled", None, None)
    wait_until(lambda: not psutil.pid_exists(pid), 5)


def test_a_stop_never_kills(ctx: Context, queue: Supervisor) -> None:
    job_id = add_job(ctx, steps=60, act="busy")
    running(ctx, job_id)
    stop_job(ctx, job_id)
    assert ended(ctx, job_id).status == "succeeded"


# ------------------------------------------------------------------ more than one server


def test_two_servers_run_each_job_once(ctx: Context) -> None:
    ids = [add_job(ctx, steps=2, lane=lane) for lane in ("cpu", "cuda:0", "background") for _ in range(3)]
    servers = [start_server(ctx) for _ in range(2)]
    try:
        wait_until(lambda: all(row(ctx, job_id).status in FINAL for job_id in ids), 60)
    finally:
        for server in servers:
            server.kill()
            server.wait()
    assert [(row(ctx, job_id).status, row(ctx, job_id).attempt) for job_id in ids] == [("succeeded", 1)] * len(ids)
    assert all(sum(code.startswith("ran-") for code in event_codes(ctx, job_id)) == 1 for job_id in ids)


def test_a_job_outlives_its_server_and_the_next_one_adopts_it(ctx: Context) -> None:
    job_id = add_job(ctx, steps=120)
    server = start_server(ctx)
    before = running(ctx, job_id)
    server.kill()
    server.wait()
    time.sleep(0.5)
    following = small_supervisor(ctx)
    thread = threading.Thread(target=following.run_until, args=(lambda: row(ctx, job_id).status in FINAL,), daemon=True)
    thread.start()
    job = ended(ctx, job_id)
    thread.join(10)
    assert (job.status, job.attempt, job.pid) == ("succeeded", 1, before.pid)
    assert list(series(ctx, job_id, "count")) == list(range(1, 121))


def test_an_adopted_worker_that_is_killed_is_found_too(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OTHERS_CHILD_SECONDS", 0.2)
    job_id = add_job(ctx, steps=10_000)
    server = start_server(ctx)
    pid = running(ctx, job_id).pid or 0
    server.kill()
    server.wait()
    os.kill(pid, signal.SIGKILL)
    small_supervisor(ctx).run_until(lambda: row(ctx, job_id).status in FINAL)
    assert (row(ctx, job_id).error or {})["code"] == "job.lost"
