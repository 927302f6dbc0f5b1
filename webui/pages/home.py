"""The start page: what this is, the first lesson, what runs, what was finished last, and the machine in one line."""

from __future__ import annotations

from typing import Any

from engine.jobs.feed import job_feed
from engine.services.app import lesson
from engine.services.jobs import lifecycle
from engine.services.planning import estimates
from webui.components import view
from webui.guard import guarded
from webui.i18n import t
from webui.site import Site

Row = dict[str, Any]
_UNFINISHED = ("queued", "starting", "running", "stopping")
_RECENT = 40
_FINISHED = 3
_RUNNING = 4
_SPARK_POINTS = 80
_COLUMNS = (
    "id", "name", "kind", "status", "phase", "step", "total_steps", "fraction", "seconds_left", "train_loss", "val_loss",
    "queue_place", "stalled", "headline", "tuned_id", "finished_at", "started_at", "error", "dataset_name", "base_model_name",
)  # fmt: skip


def _shown(job: Row) -> Row:
    return {key: job[key] for key in _COLUMNS}


def _spark(site: Site, job: Row) -> list[list[float]]:
    """A few points of the training loss, for a line without axes."""
    points = job_feed(site.ctx, job["id"])["metrics"].get("train_loss", [])
    return points[:: max(1, len(points) // _SPARK_POINTS)]


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    ctx = site.ctx

    def overview() -> Row:
        known = lifecycle.list_training(ctx, _RECENT)
        running = [job for job in known if job["status"] in _UNFINISHED]
        finished = [job for job in known if job["status"] == "succeeded" and job["tuned_id"]]
        return {
            "running": [_shown(job) | {"spark": _spark(site, job)} for job in running[:_RUNNING]],
            "finished": [_shown(job) for job in finished[:_FINISHED]],
            "any": bool(known),
        }

    def machine() -> Row:
        return estimates.machine(ctx)

    def open_lesson() -> Row:
        return lesson.lesson(ctx, lang)

    def start_lesson(key: str) -> int:
        return lesson.start_lesson(ctx, lang, name=t(lang, "home.lesson.job_name"), key=str(key)[:64])

    view("home", functions=[guarded(lang)(function) for function in (overview, machine, open_lesson, start_lesson)])
