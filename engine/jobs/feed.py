"""What is new about a job since the page last asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.jobs.views import views
from engine.shapes.jobs import JobFeed, PromisedPlan
from storage.queries import events, metrics
from storage.queries import jobs as queries

MOST_POINTS = 1_500
_MOST_EVENTS = 500
_MOST_LINES = 500
_EVENT = ("id", "at", "kind", "code", "params", "step", "attempt")
_LOG = ("id", "at", "level", "text")
_SAMPLE = ("id", "step", "prompt_index", "prompt", "expected", "answer")
_HALF = "\ufffd"  # earlier versions stored answers that end within a character
_CHECKPOINT = ("id", "step", "bytes", "created_at", "metrics", "attempt")


def downsample(points: Sequence[tuple[int, float]], most: int = MOST_POINTS) -> list[list[float]]:
    """At most `most` points that draw the same line: the first, the last, and the lowest and highest of each stretch."""
    if len(points) <= most:
        return [[step, value] for step, value in points]
    inner = points[1:-1]
    stretches = max(1, (most - 2) // 2)
    kept = [points[0]]
    for number in range(stretches):
        part = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        low, high = (pick(part, key=lambda point: point[1]) for pick in (min, max))
        kept += [low] if low == high else sorted((low, high))
    return [[step, value] for step, value in [*kept, points[-1]]]


def _rows(rows: Sequence[Any], columns: Sequence[str]) -> list[Any]:
    return [{column: getattr(row, column) for column in columns} for row in rows]


def _plan(s: Session, job_id: int) -> PromisedPlan | None:
    """What was promised when the job started: {need_mb, limit_mb, items: [{key, mb}], seconds}; None before that."""
    told = events.first_of(s, job_id, "memory_plan")
    wanted = ("need_mb", "limit_mb", "items", "seconds")
    return None if told is None else cast(PromisedPlan, {key: told.params[key] for key in wanted})


def job_feed(
    ctx: Context,
    job_id: int,
    *,
    attempt: int | None = None,
    after_event: int = 0,
    after_log: int = 0,
    after_sample: int = 0,
    after_metric: int = 0,
) -> JobFeed:
    """All that was written since the cursors, in one snapshot. Raises NotFound.

    Args:
        attempt: the attempt that the page knows. When another one has begun, steps may be told again: `reset` is true,
            everything comes from the start, and the page must forget what it had.
    """
    with ctx.db.read() as s:
        job = queries.get_job(s, job_id)
        if job is None:
            raise NotFound(job=job_id)
        reset = attempt is not None and attempt != job.attempt
        if reset:
            after_event = after_log = after_sample = after_metric = 0
        happened = events.events_after(s, job_id, after_event, _MOST_EVENTS)
        lines = metrics.log_after(s, job_id, after_log, _MOST_LINES)
        samples = metrics.samples_after(s, job_id, after_sample)
        series, newest_metric = metrics.series_after(s, job_id, after_metric)
        return {
            "job": views(s, [job])[0],
            "reset": reset,
            "events": _rows(happened, _EVENT),
            "logs": _rows(lines, _LOG),
            "samples": [row | {"answer": row["answer"].rstrip(_HALF)} for row in _rows(samples, _SAMPLE)],
            "checkpoints": _rows(queries.checkpoints_of(s, job_id), _CHECKPOINT),
            "plan": _plan(s, job_id),
            "metrics": {name: downsample(points) for name, points in series.items()},
            "cursors": {
                "event": happened[-1].id if happened else after_event,
                "log": lines[-1].id if lines else after_log,
                "sample": samples[-1].id if samples else after_sample,
                "metric": newest_metric,
            },
        }
