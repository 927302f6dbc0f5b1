"""What the pages see of recipes: one run with its stages, and the list of runs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import FALLBACK
from engine.jobs.downsample import downsample
from engine.jobs.linked import link_of, newest_by_stage
from engine.jobs.views import views
from engine.objectives import objective_of
from engine.recipes import recipe_of
from engine.services.recipes.recipes import may_go_on, stages_of
from engine.shapes.recipes import RecipeBrief, RecipeRun, StageRun
from storage.job_tables import FINAL, Job
from storage.queries import linked_jobs, metrics

_MOST_POINTS = 80
_LISTED = 50
_LOSSES = ("train_loss", "val_loss")
_CHARTS = 3  # of an objective


def recipe_run(ctx: Context, run: int, lang: str = FALLBACK) -> RecipeRun:
    """One run of a recipe. Raises NotFound."""
    with ctx.db.read() as s:
        jobs = sorted(stages_of(s, run).values(), key=lambda job: int(link_of(job)["place"]))
        first = jobs[0]
        stages = _stages(s, jobs, lang)
    return {
        "id": run,
        "recipe": str(link_of(first)["recipe"]),
        "label": _recipe_label(first, lang),
        "name": str(link_of(first)["name"]),
        "base_model_name": next((one["job"]["base_model_name"] for one in stages if one["job"]), None),
        "method": first.method,
        "active": any(job.status not in FINAL for job in jobs),
        "stages": stages,
    }


def _recipe_label(job: Job, lang: str) -> str:
    key = str(link_of(job)["recipe"])
    try:
        return recipe_of(key).label.in_(lang)
    except Fault:  # a recipe that this version does not have
        return key


def _stage_label(job: Job, key: str, lang: str) -> str:
    try:
        return recipe_of(str(link_of(job)["recipe"])).stage(key).label.in_(lang)
    except (Fault, KeyError):
        return key


def _stages(s: Session, jobs: Sequence[Job], lang: str) -> list[StageRun]:
    there = [job for job in jobs if job.deleted_at is None]
    shown = {view["id"]: view for view in views(s, there)}
    return [
        {
            "key": str(link_of(job)["stage"]),
            "label": _stage_label(job, str(link_of(job)["stage"]), lang),
            "place": int(link_of(job)["place"]),
            "job": shown.get(job.id),
            "objective": str(job.spec.get("objective") or ""),
            "takes": [_stage_label(job, key, lang) for key in dict.fromkeys(link_of(job)["needs"].values())],
            "curves": _curves(s, job, lang),
            "can_go_on": may_go_on(s, job),
        }
        for job in jobs
    ]


def _curves(s: Session, job: Job, lang: str) -> dict[str, list[list[float]]]:
    """The first numbers that the objective adds by their names for people, and the losses, where they tell of the result."""
    try:
        objective = objective_of(str(job.spec.get("objective")))
        charts, losses = objective.charts[:_CHARTS], () if objective.outcomes else _LOSSES
    except Fault:  # an objective that this version does not have
        charts, losses = (), _LOSSES
    named = {name: name for name in losses} | {chart.key: chart.label.in_(lang) for chart in charts}
    found = {label: metrics.series_of(s, [job.id], name).get(job.id, []) for name, label in named.items()}
    return {
        name: [[float(step), value] for step, value in downsample(points, _MOST_POINTS)]
        for name, points in found.items()
        if len(points) > 1
    }


def recipe_runs(ctx: Context) -> list[RecipeBrief]:
    """The newest runs."""
    with ctx.db.read() as s:
        firsts = linked_jobs.newest_runs(s, _LISTED)
        stages = {job.id: newest_by_stage(linked_jobs.jobs_of_run(s, job.id)) for job in firsts}
    return [
        {
            "id": job.id,
            "recipe": str(link_of(job)["recipe"]),
            "name": str(link_of(job)["name"]),
            "created_at": job.created_at,
            "states": [str(one.status) for one in stages[job.id].values()],
        }
        for job in firsts
    ]
