"""The start page: what this is, the first lesson, what runs, what was finished last, and the machine in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from engine.core.shapes import MachineView
from engine.services.app import lesson
from engine.services.jobs import lifecycle
from engine.services.planning import estimates
from engine.shapes.app import LessonView
from engine.shapes.jobs import JobView
from webui.components import PolledFunction, view
from webui.guard import guarded
from webui.i18n import t
from webui.pages.shapes import HomeJob, HomeOverview
from webui.site import Site

_FINISHED = 3
_RUNNING = 4
_SPARK_POINTS = 80
_COLUMNS = (
    "id", "name", "kind", "status", "phase", "talks", "step", "total_steps", "fraction", "seconds_left", "train_loss", "val_loss",
    "queue_place", "stalled", "headline", "tuned_id", "finished_at", "started_at", "error", "dataset_name", "base_model_name",
)  # fmt: skip


def _shown(job: JobView) -> HomeJob:
    return cast(HomeJob, {key: value for key, value in job.items() if key in _COLUMNS})


def _spark(points: Sequence[tuple[int, float]]) -> list[list[float]]:
    """A few of the points of the training loss, for a line without axes."""
    return [list(point) for point in points[:: max(1, len(points) // _SPARK_POINTS)]]


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    ctx = site.ctx

    def overview() -> HomeOverview:
        running, finished, any_job = lifecycle.newest_training(ctx, _RUNNING, _FINISHED)
        losses = lifecycle.training_losses(ctx, [job["id"] for job in running])
        return {
            "running": [{**_shown(job), "spark": _spark(losses.get(job["id"], []))} for job in running],
            "finished": [_shown(job) for job in finished],
            "any": any_job,
        }

    def machine() -> MachineView:
        return estimates.machine(ctx)

    def open_lesson() -> LessonView:
        return lesson.lesson(ctx, lang)

    def start_lesson(key: str) -> int:
        return lesson.start_lesson(ctx, lang, name=t(lang, "home.lesson.job_name"), key=str(key)[:64])

    guard = guarded(lang)
    functions = [guard(function) for function in (machine, open_lesson, start_lesson)]
    view("home", functions=functions, polled=[PolledFunction(guard(overview))])
