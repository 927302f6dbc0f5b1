"""Follow one job from this process until it ends, as the command line does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.context import Context
from engine.jobs.supervisor import Supervisor
from engine.services.jobs.lifecycle import job_view
from engine.shapes.jobs import JobView
from storage.job_tables import FINAL

_TOLD = ("status", "phase", "step", "total_steps", "train_loss", "val_loss", "request", "stalled", "queue_place")


def follow(ctx: Context, job_id: int, say: Callable[[JobView], None], supervisor: Supervisor) -> JobView:
    """Run the queue until the job has ended; `say` hears its view at each change. Returns its last view.

    A server that runs as well may take the job: then it is only followed here.
    """
    told: list[Any] = []

    def ended() -> bool:
        nonlocal told
        view = job_view(ctx, job_id)
        state = [dict(view)[key] for key in _TOLD]
        if state != told:
            told = state
            say(view)
        return view["status"] in FINAL

    supervisor.run_until(ended)
    return job_view(ctx, job_id)
