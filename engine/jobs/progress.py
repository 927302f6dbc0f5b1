"""How far a job is and how long it took: the one place that says so, whatever page or command asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from storage.job_tables import ACTIVE, FINAL, Job, JobStatus

_MOST = 0.99  # before it has ended, whatever its steps say: files are written after the last one
_NOW_SECONDS = 2.0  # an estimate below this says nothing: then the phase is what people want to know


def fraction(job: Job) -> float:
    """The share of the whole work that is done; 1 only where it came to its end."""
    if job.status == JobStatus.SUCCEEDED:
        return 1.0
    if job.share is not None and job.status not in FINAL:
        return min(_MOST, max(0.0, job.share))
    return min(_MOST, job.step / job.total_steps) if job.total_steps else 0.0


def seconds_left(job: Job) -> float | None:
    """The worker's estimate of all that is still to come; None where there is none, or nothing worth a number."""
    left = job.seconds_left if job.status in ACTIVE else None
    return None if left is None or left < _NOW_SECONDS else left


def duration(job: Job, ran: Mapping[int, float]) -> float | None:
    """As `duration_of`."""
    return duration_of(job.id, ran)


def duration_of(job_id: int, ran: Mapping[int, float]) -> float | None:
    """Whole seconds that a job ran: all its attempts together, without waiting. None before it has run.

    Args:
        ran: seconds by job, as `storage.queries.events.running_seconds` counts them.
    """
    seconds = ran.get(job_id)
    return None if seconds is None else float(round(seconds))
