"""An idle server waits for a sign: it looks when something was written, at once where it did so itself, and else hardly ever."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.commands.serve import quiet_server
from engine.core.context import Context
from engine.jobs.executors.local import LocalExecutor
from engine.jobs.supervisor import Supervisor
from storage.db import Database
from tests import loops
from tests.integration.queueing import add_job
from tests.workers import row, wait_until


class _Counting(Supervisor):
    ticks = 0

    def tick(self) -> bool:
        self.ticks += 1
        return super().tick()


@pytest.fixture
def watch(ctx: Context) -> Iterator[Any]:
    """Starts a supervisor of an interval, whose workers cannot be started: a job that it takes fails at once."""
    running: list[Supervisor] = []

    def start(interval: float) -> _Counting:
        made = _Counting(ctx, LocalExecutor(("/nowhere/python",)), interval=interval)
        running.append(made)
        made.start()
        wait_until(lambda: not made._under_way, 5)
        return made

    yield start
    for one in running:
        one.stop()


def test_what_this_process_queues_is_taken_at_once(ctx: Context, watch: Any) -> None:
    watch(interval=30.0)
    job = add_job(ctx)
    wait_until(lambda: row(ctx, job).status == "failed", 5)


def test_what_another_process_queues_is_taken_soon(ctx: Context, watch: Any) -> None:
    watch(interval=0.05)
    other = Context(ctx.settings, Database(ctx.settings.database))  # nothing of it tells this one's sign
    job = add_job(other)
    other.db.close()
    wait_until(lambda: row(ctx, job).status == "failed", 5)


def test_where_nothing_is_written_nobody_looks(ctx: Context, watch: Any) -> None:
    supervisor = watch(interval=0.01)
    time.sleep(0.2)
    before = supervisor.ticks
    time.sleep(0.4)
    assert supervisor.ticks == before
    assert supervisor.ticks < 5


def test_a_database_that_was_of_no_use_is_looked_at_again(
    ctx: Context, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise OSError("no such disk")

    supervisor = watch(interval=0.02)
    monkeypatch.setattr(supervisor, "_reconcile", broken)
    job = add_job(ctx)
    wait_until(lambda: supervisor._under_way, 5)
    monkeypatch.undo()
    wait_until(lambda: row(ctx, job).status == "failed", 5)


def test_a_stamp_is_another_after_each_commit_and_the_same_otherwise(ctx: Context) -> None:
    db, job = ctx.db, add_job(ctx)
    first = db.stamp()
    with db.read():
        row(ctx, job)
    assert db.stamp() == first
    with pytest.raises(ZeroDivisionError), db.write():
        raise ZeroDivisionError
    assert db.stamp() == first
    stamps = [first]
    for _ in range(20):  # the file's times are too coarse for this
        add_job(ctx)
        stamps.append(db.stamp())
    assert len(set(stamps)) == len(stamps)


def test_the_server_leaves_as_soon_as_it_is_told_to() -> None:
    import uvicorn

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async def serve() -> float:
        config = uvicorn.Config(app, interface="asgi3", log_config=None)
        config.load()
        server = quiet_server(config)
        asyncio.get_running_loop().call_later(0.05, server.handle_exit, signal.SIGTERM, None)
        begun = time.perf_counter()
        await server.main_loop()
        return time.perf_counter() - begun

    assert loops.run(serve()) < 0.5
