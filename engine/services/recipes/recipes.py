"""Recipes of several jobs as the user handles them: plan, start, go on with a stage, stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError, TunesmithError
from engine.core.shapes import Faults
from engine.jobs.kinds.train import TRAIN
from engine.jobs.lanes import lane_for
from engine.jobs.linked import link_of, newest_by_stage
from engine.jobs.queue import same_job
from engine.jobs.spec import JobSpec, make_stored
from engine.recipes import objectives_of, recipe_of
from engine.recipes.declaration import RecipeStage
from engine.recipes.rewarding import REWARD_FIELD
from engine.services.jobs import lifecycle
from engine.services.jobs.empty_thoughts import impossible_thoughts
from engine.services.jobs.ends import unlearnt_ends
from engine.services.jobs.usable_rewards import unusable_rewards
from engine.services.planning import estimates
from engine.services.planning.sizes import size_of_base
from engine.services.recipes.stages import Planned, make_stages, needs_of, raw_stage, stage_faults
from engine.shapes.recipes import RawRecipe, RecipeCosts, StageCost
from storage.job_tables import FINAL, RESUMABLE, Job, JobStatus
from storage.queries import jobs as queries
from storage.queries import linked_jobs
from storage.queries.linked_jobs import LINK


def plan_recipe(ctx: Context, raw: RawRecipe) -> RecipeCosts:
    """What each stage would cost, as far as it can be told. Raises Fault("recipe.unknown")."""
    recipe = recipe_of(str(raw.get("recipe") or ""))
    costs = {
        stage.key: _cost(ctx, raw_stage(raw, stage, place, known))
        for place, stage in enumerate(recipe.stages, start=1)
        if (known := objectives_of(recipe, stage.key))
    }
    each = [cost.get("seconds") for cost in costs.values()]
    return {"seconds": None if None in each else sum(one for one in each if one), "stages": costs}


def _cost(ctx: Context, form: Mapping[str, Any]) -> StageCost:
    if not form["dataset"] or not form["base_model"]:
        return {"seconds": None}
    try:
        plan = estimates.plan(ctx, form)
    except SpecError as error:
        return {"error": next(iter(error.faults.values()))}
    except TunesmithError as error:
        return {"error": error.as_dict()}
    return {"seconds": plan["seconds"], "memory_mb": plan["memory"]["total_mb"], "verdict": plan["verdict"]}


def start_recipe(ctx: Context, raw: RawRecipe, *, key: str, lang: str = "en") -> int:
    """Queue the jobs of all stages, all or none; the same `key` again gives the same run. Returns the run's id.

    Raises:
        SpecError: with every fault: what all stages share by its own field, the rest as "stages.<key>.<field>".
        Fault: "recipe.unknown", "recipe.not_here".
    """
    planned = make_stages(raw, size_of_base(ctx, raw))
    lane, faults = _lane(planned)
    for stage, spec in planned.specs.items():
        faults |= stage_faults(stage, _stage_wrong(ctx, planned.recipe.stage(stage), spec))
    if faults:
        raise SpecError(faults)
    names = {stage.key: f"{planned.name} · {stage.label.in_(lang)}"[:120] for stage in planned.recipe.stages}
    with ctx.db.write() as s:
        if (known := same_job(s, TRAIN, idempotency_key=key)) is not None:
            return int(link_of(s.get_one(Job, known))["run"])
        for stage, spec in planned.specs.items():
            faults |= stage_faults(stage, lifecycle.gone_inputs(s, spec))
        if faults:
            raise SpecError(faults)
        return _queue(s, planned, lane, names, key)


def _stage_wrong(ctx: Context, stage: RecipeStage, spec: JobSpec) -> Faults:
    """What keeps a stage's job from starting once the earlier ones have given what it needs, by field."""
    with ctx.db.read() as s:
        faults = lifecycle.missing_inputs(ctx.settings, s, spec)
    if faults:
        return faults
    rewards = unusable_rewards(ctx, spec.training)
    if stage.rewarded_by:  # that model is yet to be made
        rewards.pop(REWARD_FIELD, None)
    return rewards | lifecycle.lacking_rows(ctx, spec) | unlearnt_ends(ctx, spec) | impossible_thoughts(ctx, spec)


def _lane(planned: Planned) -> tuple[str, Faults]:
    device = next(iter(planned.specs.values())).budget.device
    try:
        return lane_for(device), {}
    except Fault as fault:
        return "cpu", {"budget.device": fault.as_dict()}


def _queue(s: Session, planned: Planned, lane: str, names: Mapping[str, str], key: str) -> int:
    run = before = 0
    for place, stage in enumerate(planned.recipe.stages, start=1):
        spec = replace(planned.specs[stage.key], name=names[stage.key])
        job_id = lifecycle.queue_job(s, spec, lane, key=key if place == 1 else "")
        run = run or job_id
        link = {"run": run, "recipe": planned.recipe.key, "name": planned.name, "stage": stage.key, "place": place}
        needs = needs_of(stage)
        link |= {"of": len(planned.recipe.stages), "needs": needs, "waits": bool(needs)}
        _link(s, job_id, link, before or None)
        before = job_id
    return run


def _link(s: Session, job_id: int, link: Mapping[str, Any], before: int | None) -> None:
    job = s.get_one(Job, job_id)
    job.spec, job.parent_id = {**job.spec, LINK: dict(link)}, before
    s.flush()


def stages_of(s: Session, run: int) -> dict[str, Job]:
    """The job that counts for each stage of a run. Raises NotFound."""
    jobs = linked_jobs.jobs_of_run(s, run)
    if not jobs:
        raise NotFound(recipe=run)
    return newest_by_stage(jobs)


def go_on(ctx: Context, run: int, stage: str) -> None:
    """Go on with a stage that ended without a result, or begin it anew where there is nothing to go on from.

    Raises:
        NotFound: there is no such run or stage.
        Fault: "recipe.stage_runs" for one that waits, runs or has succeeded; or SpecError as at the start.
    """
    with ctx.db.read() as s:
        job = stages_of(s, run).get(stage)
        open_end = job is not None and may_go_on(s, job)
    if job is None:
        raise NotFound(stage=stage)
    if not open_end:
        raise Fault("recipe.stage_runs", name=job.name)
    if job.status in RESUMABLE and job.deleted_at is None:
        return lifecycle.resume_job(ctx, job.id)
    spec = _without_results(job)
    with ctx.db.read() as s:
        faults = lifecycle.missing_inputs(ctx.settings, s, spec)
    if faults:
        raise SpecError(faults)
    with ctx.db.write() as s:
        _again(s, job, spec)
    return None


def may_go_on(s: Session, job: Job) -> bool:
    """Whether a stage ended without the end that it was meant to have, or its result was deleted since."""
    if job.status != JobStatus.SUCCEEDED:
        return job.status in FINAL
    return not queries.tuned_ids(s, [job.id])


def _without_results(job: Job) -> JobSpec:
    """The spec of a stage without what earlier stages gave it: they may give something else by now."""
    return replace(make_stored(job.spec), starts_from=None, start_hash="")


def _again(s: Session, job: Job, spec: JobSpec) -> None:
    """A new job in place of an old one; the stages that waited for that one wait for this one."""
    link = {**link_of(job), "waits": bool(link_of(job)["needs"])}
    fresh = lifecycle.queue_job(s, spec, job.lane, rows=spec.dataset_hash)
    _link(s, fresh, link, job.parent_id)
    for other in linked_jobs.jobs_of_run(s, int(link["run"])):
        if other.parent_id == job.id and other.status == JobStatus.QUEUED:
            other.parent_id = fresh


def stop_recipe(ctx: Context, run: int) -> None:
    """Take the waiting stages out of the queue and ask the one that runs to save and end. Raises NotFound."""
    with ctx.db.read() as s:
        open_ones = [job for job in stages_of(s, run).values() if job.status not in FINAL]
    for job in sorted(open_ones, key=lambda one: one.status != JobStatus.QUEUED):
        lifecycle.stop_job(ctx, job.id)
