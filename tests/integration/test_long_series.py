"""Jobs with very many numbers: the database thins their lines, nothing is lost that one would see, and they are read once."""

from __future__ import annotations

import math
import tracemalloc

import pytest
from sqlalchemy import delete

from engine.core.context import Context
from engine.jobs.curves import Curves
from engine.jobs.downsample import MOST_POINTS
from engine.jobs.feed import job_feed
from storage.job_tables import Metric
from storage.queries import metrics
from storage.queries.metrics import STRETCHES, Point
from tests.integration.queueing import add_job

COUNT = 50_000
NAMES = ("train_loss", "val_loss")


def value_at(step: int) -> float:
    return {44_444: 99.0, 33_333: -99.0}.get(step, 1.0 + math.sin(step * 0.7))


def write(ctx: Context, job: int, steps: range) -> None:
    rows = [(job, name, step, value_at(step), 1.0) for step in steps for name in NAMES]
    with ctx.db.write() as s:
        insert = "INSERT INTO metrics (job_id, name, step, value, at) VALUES (?, ?, ?, ?, ?)"
        s.connection().exec_driver_sql(insert, rows)


def worst_gap(points: list[Point], steps: range) -> float:
    """By how much the lowest or highest of a stretch is missed at most."""
    found, worst = dict(points), 0.0
    for number in range(STRETCHES):
        part = range(
            steps.start + number * len(steps) // STRETCHES, steps.start + (number + 1) * len(steps) // STRETCHES
        )
        real, drawn = [value_at(step) for step in part], [found[step] for step in part if step in found]
        worst = max(worst, abs(min(real) - min(drawn)), abs(max(real) - max(drawn)))
    return worst


def test_a_long_job_opens_with_the_same_line_and_little_memory(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    job, steps = add_job(ctx), range(1, COUNT + 1)
    write(ctx, job, steps)
    tracemalloc.start()
    with ctx.db.read() as s:
        series, newest = metrics.series_after(s, job, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6e6
    assert series.keys() == set(NAMES)
    for points in series.values():
        assert len(points) <= MOST_POINTS
        assert points == sorted(points)
        assert all(value == value_at(step) for step, value in points)
        assert (points[0][0], points[-1][0], worst_gap(points, steps)) == (1, COUNT, 0.0)
        assert {-99.0, 99.0} <= {value for _step, value in points}
    assert newest == COUNT * len(NAMES)

    curves, asked = Curves(), []
    read = metrics.series_after
    monkeypatch.setattr(metrics, "series_after", lambda s, job, after: asked.append(after) or read(s, job, after))
    first = job_feed(ctx, job, curves=curves)
    assert first["metrics"] == job_feed(ctx, job, curves=curves)["metrics"]
    assert first["cursors"]["metric"] == newest
    write(ctx, job, range(COUNT + 1, COUNT + 3))
    grown = job_feed(ctx, job, curves=curves)
    assert [points[-1][0] for points in grown["metrics"].values()] == [COUNT + 2] * 2
    assert all(len(points) <= MOST_POINTS for points in grown["metrics"].values())
    assert {-99.0, 99.0} <= {value for _step, value in grown["metrics"]["train_loss"]}
    assert asked == [0, newest, newest]

    with ctx.db.write() as s:  # as a job that takes up at a checkpoint: what was kept is not true any more
        s.execute(delete(Metric).where(Metric.step > COUNT // 2))
    assert [points[-1][0] for points in job_feed(ctx, job, curves=curves)["metrics"].values()] == [COUNT // 2] * 2
    assert asked[-1] == 0


def test_who_comes_back_after_long_gets_the_line_since_then(ctx: Context) -> None:
    job, other = add_job(ctx), add_job(ctx)
    write(ctx, other, range(1, 3))
    write(ctx, job, range(1, 11))
    known = job_feed(ctx, job)["cursors"]["metric"]
    write(ctx, job, range(11, 10_001))
    write(ctx, other, range(3, 5))
    told = job_feed(ctx, job, after_metric=known)
    points = [(int(step), value) for step, value in told["metrics"]["val_loss"]]
    assert (points[0][0], points[-1][0], worst_gap(points, range(11, 10_001))) == (11, 10_000, 0.0)
    assert len(points) <= MOST_POINTS
    assert job_feed(ctx, job, after_metric=told["cursors"]["metric"])["metrics"] == {}


@pytest.mark.parametrize("near", [0, 1_000])
def test_what_came_since_is_found_by_ids_and_by_jobs(ctx: Context, monkeypatch: pytest.MonkeyPatch, near: int) -> None:
    """An old job that is looked at while others write: what they wrote is not walked through."""
    monkeypatch.setattr(metrics, "_NEAR", near)
    job, other = add_job(ctx), add_job(ctx)
    write(ctx, job, range(1, 4))
    known = job_feed(ctx, job)["cursors"]["metric"]
    write(ctx, other, range(1, 4))
    assert job_feed(ctx, job, after_metric=known)["metrics"] == {}
    write(ctx, job, range(4, 6))
    told = job_feed(ctx, job, after_metric=known)
    assert told["metrics"] == {name: [[step, value_at(step)] for step in (4, 5)] for name in NAMES}
    assert told["cursors"]["metric"] == known + 10


def test_the_headline_of_many_checks_knows_the_best_and_the_last(ctx: Context) -> None:
    job, short = add_job(ctx), add_job(ctx)
    write(ctx, job, range(30_000, 40_000))
    write(ctx, short, range(1, 4))
    with ctx.db.read() as s:
        losses = metrics.series_of(s, [job, short], "val_loss")
    assert losses[short] == [(step, value_at(step)) for step in range(1, 4)]
    assert min(losses[job], key=lambda point: point[1]) == (33_333, -99.0)
    assert (losses[job][0][0], losses[job][-1][0]) == (30_000, 39_999)
