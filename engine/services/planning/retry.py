"""Starting a failed job again with the change that its own error proposes."""

from __future__ import annotations

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import Change
from engine.services.jobs import lifecycle, spec_files
from engine.services.planning.spec_repair import changed
from engine.shapes.jobs import JobBrief


def change_of(job: JobBrief) -> Change:
    """The fields and values that the job's error proposes; empty where it proposes none.

    Args:
        job: a job's view.
    """
    params = job["error"]["params"] if job["error"] else {}
    change: Change = (params.get("advice") or {}).get("change") or {}
    return change


def start_changed(ctx: Context, job_id: int) -> int:
    """Start the job's settings with that change, as a job of its own; asking twice makes one.

    Raises:
        NotFound: there is no such job.
        Fault: "job.no_change" where its error proposes none.
        SpecError: its model or data set is gone.
    """
    job = lifecycle.job_view(ctx, job_id)
    change = change_of(job)
    if not change:
        raise Fault("job.no_change", name=job["name"])
    raw, _warnings = spec_files.draft_from_job(ctx, job_id)
    return lifecycle.start_job(ctx, changed(raw, change), key=f"changed-{job_id}-{job['attempt']}")
