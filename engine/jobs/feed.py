"""What is new about a job since the page last asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.jobs.curves import Curves
from engine.jobs.downsample import downsample
from engine.jobs.views import views
from engine.shapes.jobs import JobFeed, PromisedPlan
from storage.queries import events, metrics
from storage.queries import jobs as queries

_MOST_EVENTS = 500
_MOST_LINES = 500
_EVENT = ("id", "at", "kind", "code", "params", "step", "attempt")
_LOG = ("id", "at", "level", "text")
_SAMPLE = ("id", "step", "prompt_index", "prompt", "expected", "answer")
_HALF = "\ufffd"  # earlier versions stored answers that end within a character
_CHECKPOINT = ("id", "step", "bytes", "created_at", "metrics", "attempt")


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
    curves: Curves | None = None,
) -> JobFeed:
    """All that was written since the cursors, in one snapshot. Raises NotFound.

    Args:
        attempt: the attempt that the page knows. When another one has begun, steps may be told again: `reset` is true,
            everything comes from the start, and the page must forget what it had.
        curves: keeps the lines of very long jobs for the next who asks.
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
        if after_metric:
            series, newest_metric = metrics.series_after(s, job_id, after_metric)
        else:
            series, newest_metric = (curves or Curves()).of(s, job_id, job.attempt)
        checks = None if after_metric else {job_id: series.get("val_loss", [])}
        return {
            "job": views(s, [job], checks)[0],
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
