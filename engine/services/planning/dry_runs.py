"""A precise check of a plan's memory before the start: a dry run of one step, as a job of its own that takes seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.params import naming
from engine.jobs.kinds.dry_run import DRY_RUN
from engine.jobs.queue import enqueue
from engine.jobs.spec import SPEC_VERSION, JobSpec, make_unnamed
from engine.methods import method_of
from engine.objectives import usual_objective
from engine.optimizers import trained_format
from engine.optimizers.offload import offload
from engine.planner.memory.estimate import step_bytes
from engine.planner.memory.peak_phases import StepMeasures
from engine.planner.memory.workload import MB
from engine.planner.plan_estimate import workload
from engine.planner.refusals import refusals
from engine.services.planning.estimates import case_of
from engine.services.planning.sizes import size_of_base
from engine.shapes.planning import DryRunView
from storage.queries import jobs as queries

_VERSION = 2  # of what the dry run does; a new one asks again
_MATTER = ("optimizer", "quantisation", "double_quantisation")  # settings that change what a step holds
_LATER = (trained_format.SETTING,)  # the same, not asked by earlier versions, whose answers still count


@dataclass(frozen=True)
class _Question:
    """What the worker is asked, and its name: the same for all specs whose steps are the same."""

    asked: dict[str, Any]
    key: str


def start_dry_run(ctx: Context, raw_spec: Mapping[str, Any]) -> int:
    """The job that checks this spec; a check of the same step that waits, runs or succeeded is not made twice.

    Raises:
        SpecError: with the faults of the form, as `planning.plan` has them.
        Fault: "dry_run.offload", "dry_run.no_training" or "dry_run.no_rows" where there is nothing that could be traced.
    """
    spec = make_unnamed(raw_spec, size_of_base(ctx, raw_spec))
    question = _question(ctx, spec)
    _refuse(question)
    with ctx.db.write() as s:
        stored = spec.as_dict() | {"check": question.asked}
        return enqueue(
            s,
            DRY_RUN,
            name=spec.name,
            spec=stored,
            idempotency_key=question.key,
            spec_version=SPEC_VERSION,
            method=spec.method,
        )


def dry_run_of(ctx: Context, raw_spec: Mapping[str, Any]) -> DryRunView | None:
    """The check of exactly this step; None when there was none.

    Returns:
        {job, status, total_mb, bill_mb, items: [{key, mb}], bill_items: [{key, mb}], seconds, error}. Both totals are
        without the program itself and without a margin. Texts are at `check.part.<key>`.
    """
    try:
        question = _question(ctx, make_unnamed(raw_spec, size_of_base(ctx, raw_spec)))
    except (SpecError, Fault):
        return None  # what cannot be planned was not checked
    with ctx.db.read() as s:
        job = queries.job_by_key(s, question.key)
    if job is None or job.deleted_at is not None:
        return None
    wanted = ("total_mb", "items", "bill_items", "seconds")
    found = {key: job.result.get(key) for key in wanted}
    told = {"job": job.id, "status": job.status, "bill_mb": question.asked["bill_mb"], "error": job.error}
    return cast(DryRunView, told | found)


def _question(ctx: Context, spec: JobSpec) -> _Question:
    """What the plan's own arrangement of the largest possible step asks for."""
    case = case_of(ctx, spec)
    if faults := refusals(spec, case.model, case.dataset.train_rows):
        raise SpecError(faults)
    train, _val = case.counts()
    work = workload(case, train)
    step = {
        "config": case.model.config,
        "method": spec.method,
        "values": dict(spec.method_params),
        "training": dict(spec.training),
        "lengths": nlargest(case.pace.batch_size, train.lengths),
        "tokens": work.tokens,
        "precision": work.precision.dtype,
        "recompute": work.recompute,
        "repeat": StepMeasures(work, work.footprint).attention.repeats,
    }
    if spec.objective != usual_objective().key:  # not asked by earlier versions, whose answers still count
        step["objective"] = spec.objective
    if train.bundles:
        largest = nlargest(case.pace.batch_size, train.bundles, key=lambda one: one.tokens)
        step["bundles"] = [[one.shared, *one.answers] for one in largest]
    lines = {key: size / MB for key, size in step_bytes(work).items()}
    costs = {
        "bill_mb": round(sum(lines.values()), 1),
        "bill_items": [{"key": key, "mb": round(mb, 1)} for key, mb in lines.items()],
    }
    matter = {key: spec.training[key] for key in _MATTER}
    matter |= {key: spec.training[key] for key in _LATER if trained_format.trained_format(spec.training).rounded}
    values = naming(method_of(spec.method).params, spec.method_params)
    same = step | {"values": values, "training": matter}
    content = json.dumps([_VERSION, same], sort_keys=True).encode()
    return _Question(step | costs, f"{DRY_RUN.key}-{hashlib.sha256(content).hexdigest()}")


def _refuse(question: _Question) -> None:
    asked = question.asked
    if not method_of(asked["method"]).capabilities.trains:
        raise Fault("dry_run.no_training")
    if offload(asked["training"]).state:
        raise Fault("dry_run.offload")
    if not asked["lengths"]:
        raise Fault("dry_run.no_rows")
