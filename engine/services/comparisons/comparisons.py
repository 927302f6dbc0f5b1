"""Comparisons of methods as the user handles them: plan, start, look at, extend, stop, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError, TunesmithError
from engine.core.names import free_name
from engine.core.shapes import Faults
from engine.evaluation.comparison.objective_measures import MEASURES_KEY
from engine.evaluation.comparison.spec import (
    ComparisonSpec,
    Entrant,
    OnePass,
    job_specs,
    make_comparison,
    named_faults,
    raw_job,
    stored_comparison,
)
from engine.jobs.lanes import lane_for
from engine.jobs.spec import JobSpec, make_stored
from engine.planner.refusals import refusals
from engine.planner.time.limit import TOO_SHORT
from engine.services.jobs import lifecycle
from engine.services.planning import estimates
from engine.services.planning.sizes import size_of_base
from engine.shapes.comparisons import ComparisonCosts, EntrantCost
from engine.shapes.plans import VerdictView
from storage.comparison_tables import Comparison, ComparisonEntry
from storage.job_tables import FINAL, RESUMABLE, Job, JobStatus
from storage.queries import comparisons as queries
from storage.queries.base_models import get_model
from storage.queries.inputs import get_dataset

Row = dict[str, Any]
Place = tuple[str, int]  # entrant and seed
Runs = dict[Place, JobSpec]


# ------------------------------------------------------------------ before the start


def plan_comparison(ctx: Context, raw: Mapping[str, Any]) -> ComparisonCosts:
    """What a comparison would cost.

    Returns:
        {"jobs", "seconds" (all of them, one after the other; None while one is unknown),
        "entrants": {key: {"seconds", "memory_mb", "limit_mb", "trainable", "verdict", "warnings"} or {"error": {code, params}}}}.

    Raises:
        SpecError: with every fault of the form, by field.
    """
    spec = make_comparison(raw)
    costs = {entrant.key: _cost(ctx, spec, entrant) for entrant in spec.entrants}
    each = [cost.get("seconds") for cost in costs.values()]
    total = None if None in each else sum(second for second in each if second) * len(spec.seeds)
    return {"jobs": len(costs) * len(spec.seeds), "seconds": total, "entrants": costs}


def _cost(ctx: Context, spec: ComparisonSpec, entrant: Entrant) -> EntrantCost:
    raw = raw_job(_by_tokens(spec), entrant, spec.seeds[0])
    by_time = spec.shared["held"] == "time"
    try:
        plan = estimates.plan(ctx, raw)
        verdict = _in_time(ctx, raw, spec) or plan["verdict"] if by_time and plan["verdict"]["ok"] else plan["verdict"]
    except SpecError as error:
        return {"error": next(iter(error.faults.values()))}
    except TunesmithError as error:
        return {"error": error.as_dict()}
    return {
        "seconds": 60.0 * float(spec.shared["minutes"]) if by_time else plan["seconds"],
        "memory_mb": plan["memory"]["total_mb"],
        "limit_mb": plan["memory"]["limit_mb"],
        "trainable": plan["trainable"],
        "verdict": verdict,
        "warnings": plan["warnings"],
    }


def _in_time(ctx: Context, raw: Mapping[str, Any], spec: ComparisonSpec) -> VerdictView | None:
    """What to say where the time of each job is too short for a first step; None where it is not."""
    limited = {**raw, "budget": {**raw["budget"], "minutes": spec.shared["minutes"]}}
    found = estimates.plan(ctx, limited)["verdict"]
    return found if found["code"] == TOO_SHORT else None


def _by_tokens(spec: ComparisonSpec, epochs: float | None = None) -> ComparisonSpec:
    passes = {} if epochs is None else {"epochs": epochs}
    return replace(spec, shared={**spec.shared, "held": "tokens", **passes})


def _epoch_of(ctx: Context, spec: ComparisonSpec, entrant: Entrant) -> OnePass:
    """What is estimated of one pass over the data."""
    once, twice = (estimates.plan(ctx, raw_job(_by_tokens(spec, n), entrant, spec.seeds[0])) for n in (1.0, 2.0))
    seconds = (twice["seconds"] or 0.0) - (once["seconds"] or 0.0)
    return OnePass(seconds, float(once["steps"]), (once["seconds"] or 0.0) - seconds)


# ------------------------------------------------------------------ starting and extending


def start_comparison(ctx: Context, raw: Mapping[str, Any], *, key: str, lang: str = "en") -> int:
    """Queue one job for each entrant and seed, all of them or none; the same `key` again gives the same comparison.

    Raises:
        SpecError: with every fault by field; an entrant's own ones as "entrants.<key>.<field>".
    """
    spec = make_comparison({**raw, "parameters": size_of_base(ctx, raw)})
    runs, lane = _checked(ctx, spec, spec.entrants, spec.seeds)
    faults, labels = _faults(ctx, runs), _labels(spec, lang)
    with ctx.db.write() as s:
        if key and (known := queries.by_key(s, key)):
            return known.id
        _refuse(runs, faults, s)
        dataset = get_dataset(s, spec.dataset)
        assert dataset is not None
        name = free_name(spec.name, queries.taken_comparison_names(s))
        spec = replace(spec, name=name, dataset_hash=dataset.content_hash or "")
        comparison = Comparison(
            name=spec.name,
            idempotency_key=key or None,
            base_model_id=spec.base_model,
            dataset_id=spec.dataset,
            spec=spec.as_dict(),
        )
        s.add(comparison)
        s.flush()
        _queue(s, comparison.id, spec, runs, lane, labels)
        return comparison.id


def add_entrant(ctx: Context, comparison_id: int, raw: Mapping[str, Any], *, lang: str = "en") -> None:
    """Queue the jobs of one more entrant. Does nothing when it takes part already. Raises NotFound or SpecError."""
    known = _spec(ctx, comparison_id)
    stored = known.as_dict()
    wider = make_comparison(stored | {"entrants": [*stored["entrants"], dict(raw)]})
    joining = tuple(one for one in wider.entrants if one.key not in {old.key for old in known.entrants})
    _extend(ctx, comparison_id, wider, joining, wider.seeds, lang)


def add_seed(ctx: Context, comparison_id: int, *, lang: str = "en") -> None:
    """Repeat every entrant with one more seed. Raises NotFound, or SpecError when there are as many as there may be."""
    known = _spec(ctx, comparison_id).as_dict()
    shared = known["shared"] | {"seeds": known["shared"]["seeds"] + 1}
    wider = make_comparison(known | {"shared": shared})
    _extend(ctx, comparison_id, wider, wider.entrants, wider.seeds[-1:], lang)


def _extend(
    ctx: Context, comparison_id: int, spec: ComparisonSpec, entrants: Sequence[Entrant], seeds: Sequence[int], lang: str
) -> None:
    if not entrants:
        return
    runs, lane = _checked(ctx, spec, entrants, seeds)
    faults, labels = _faults(ctx, runs), _labels(spec, lang)
    with ctx.db.write() as s:
        there = {(entry.entrant, entry.seed) for entry in queries.entries_of(s, comparison_id)}
        fresh = {place: run for place, run in runs.items() if place not in there}
        _refuse(fresh, faults, s)
        _comparison(s, comparison_id).spec = spec.as_dict()
        _queue(s, comparison_id, spec, fresh, lane, labels)


def _checked(ctx: Context, spec: ComparisonSpec, entrants: Sequence[Entrant], seeds: Sequence[int]) -> tuple[Runs, str]:
    """The jobs, checked as far as they can be without their queue, and the device's lane."""
    first = job_specs(spec, {}, entrants, seeds[:1])
    _refuse(first, _faults(ctx, first))
    for run in list(first.values())[:1]:  # all are of one model and one data set
        if faults := lifecycle.lacking_rows(ctx, run):
            raise SpecError(faults)
    try:
        lane = lane_for(spec.device)
    except Fault as fault:
        raise SpecError({"budget.device": fault.as_dict()}) from fault
    by_time = spec.shared["held"] == "time"
    epochs = {entrant.key: _epoch_of(ctx, spec, entrant) for entrant in entrants} if by_time else {}
    return job_specs(spec, epochs, entrants, seeds), lane


def _faults(ctx: Context, runs: Runs) -> dict[Place, Faults]:
    """What keeps each of the jobs from starting on what is there now. Looks at files: not for a writer."""
    with ctx.db.read() as s:
        return {
            place: lifecycle.missing_inputs(ctx.settings, s, run) or _refusals(s, run) for place, run in runs.items()
        }


def _refuse(runs: Runs, known: Mapping[Place, Faults], s: Session | None = None) -> None:
    """Raises SpecError with what was found of these jobs, or with what is gone by now where a transaction is given."""
    faults: Faults = {}
    for place, run in runs.items():
        faults |= named_faults(place[0], known[place] or (lifecycle.gone_inputs(s, run) if s is not None else {}))
    if faults:
        raise SpecError(faults)


def _refusals(s: Session, run: JobSpec) -> Faults:
    model, dataset = get_model(s, run.base_model), get_dataset(s, run.dataset)
    assert model is not None
    assert dataset is not None
    return refusals(run, model, dataset.train_rows)


def _labels(spec: ComparisonSpec, lang: str) -> Mapping[str, str]:
    return {entrant.key: entrant.label(lang) for entrant in spec.entrants}


def _queue(
    s: Session, comparison_id: int, spec: ComparisonSpec, runs: Runs, lane: str, labels: Mapping[str, str]
) -> None:
    """Everyone's first seed before anyone's second: the table fills evenly."""
    several = len(spec.seeds) > 1
    for entrant, seed in sorted(runs, key=lambda place: place[1]):
        name = f"{spec.name} · {labels[entrant]}" + (f" · {seed}" if several else "")
        job = lifecycle.queue_job(s, replace(runs[entrant, seed], name=name[:120]), lane, rows=spec.dataset_hash)
        _measure(s, job, spec)
        s.add(ComparisonEntry(comparison_id=comparison_id, job_id=job, entrant=entrant, seed=seed))


def _measure(s: Session, job_id: int, spec: ComparisonSpec) -> None:
    """Have a job measure what objectives are compared by."""
    if spec.of_objectives:
        job = s.get_one(Job, job_id)
        job.spec = {**job.spec, MEASURES_KEY: {"pairs": True, "rewards": [dict(one) for one in spec.judged_by]}}


# ------------------------------------------------------------------ what runs already


def stop_comparison(ctx: Context, comparison_id: int) -> None:
    """Ask the job that runs to save and end, and take the waiting ones out of the queue. Raises NotFound."""
    for job in _unfinished(ctx, comparison_id):
        lifecycle.stop_job(ctx, job.id)


def _unfinished(ctx: Context, comparison_id: int) -> list[Job]:
    """The waiting ones first: none of them may start meanwhile."""
    with ctx.db.read() as s:
        _comparison(s, comparison_id)
        open_ones = [job for job in queries.jobs_of(s, comparison_id).values() if job.status not in FINAL]
    return sorted(open_ones, key=lambda job: job.status != JobStatus.QUEUED)


def run_again(ctx: Context, comparison_id: int, job_id: int) -> None:
    """Go on with an ended job of the comparison, or queue it anew where there is nothing to go on from.

    Raises:
        NotFound, SpecError; Fault("comparison.still_runs").
    """
    with ctx.db.read() as s:
        job = queries.jobs_of(s, comparison_id).get(job_id)
    if job is None:
        raise NotFound(job=job_id)
    if job.status not in FINAL or job.status == JobStatus.SUCCEEDED:
        raise Fault("comparison.still_runs", name=job.name)
    if job.status in RESUMABLE and job.deleted_at is None:
        return lifecycle.resume_job(ctx, job_id)
    run = make_stored(job.spec)
    with ctx.db.read() as s:
        entry = next(one for one in queries.entries_of(s, comparison_id) if one.job_id == job_id)
    runs = {(entry.entrant, entry.seed): run}
    faults = _faults(ctx, runs)
    with ctx.db.write() as s:
        entry = next(one for one in queries.entries_of(s, comparison_id) if one.job_id == job_id)
        _refuse(runs, faults, s)
        entry.job_id = lifecycle.queue_job(s, run, job.lane, rows=run.dataset_hash)
        _measure(s, entry.job_id, stored_comparison(_comparison(s, comparison_id).spec))
    return None


def delete_comparison(ctx: Context, comparison_id: int) -> None:
    """Forget the comparison; its jobs and their models stay. Raises NotFound."""
    with ctx.db.write() as s:
        queries.forget(_comparison(s, comparison_id))


def _spec(ctx: Context, comparison_id: int) -> ComparisonSpec:
    with ctx.db.read() as s:
        return make_comparison(_comparison(s, comparison_id).spec)


def _comparison(s: Session, comparison_id: int) -> Comparison:
    comparison = queries.get_comparison(s, comparison_id)
    if comparison is None:
        raise NotFound(comparison=comparison_id)
    return comparison
