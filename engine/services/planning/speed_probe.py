"""Measuring on this machine: a few real steps of a spec as a job of their own, and what they said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.jobs.kinds.probe import PROBE, timed
from engine.jobs.lanes import lane_for
from engine.jobs.spec import JobSpec, make_unnamed
from engine.methods import method_of
from engine.services.jobs.lifecycle import enqueue_spec, gone_inputs, lacking_rows, missing_inputs
from engine.services.planning.sizes import size_of_base
from engine.shapes.planning import ProbeView
from storage.job_tables import Job
from storage.queries import jobs as queries

LIMIT_S = 60.0
_LOOKED_AT = 50  # newest probes among which one for a spec is looked for


def start_probe(ctx: Context, raw: Mapping[str, Any], seconds: float = LIMIT_S) -> int:
    """Queue the measurement on the device that the job would train on; one that waits or runs already is taken.

    Args:
        seconds: limit for all of it, 60 at most.

    Raises:
        SpecError: with every fault of the form, by field.
        Fault: "device.planned_only" for a device of the catalogue; "probe.no_steps" for a method that trains nothing.
    """
    spec = make_unnamed(raw, size_of_base(ctx, raw))
    method = method_of(spec.method)
    if not method.capabilities.trains:
        raise Fault("probe.no_steps", method=method.label.as_dict())
    lane = lane_for(spec.budget.device)
    if faults := lacking_rows(ctx, spec):
        raise SpecError(faults)
    with ctx.db.read() as s:
        faults = missing_inputs(ctx.settings, s, spec)
    with ctx.db.write() as s:
        if faults := faults | gone_inputs(s, spec):
            raise SpecError(faults)
        stored = spec.as_dict() | {"seconds": min(LIMIT_S, seconds)}
        stored["budget"]["device"] = lane
        return enqueue_spec(s, PROBE, spec, lane, stored)


def probe_of(ctx: Context, raw: Mapping[str, Any]) -> ProbeView | None:
    """The newest measurement with settings that are as fast or slow as these; None where there is none.

    Returns:
        {"job", "status", "step", "seconds", "tokens_per_s", "measured_mb", "bill_mb", "measured_at", "error", "code"}.
        `seconds` and `tokens_per_s` are of the steps that count; `code` says how many those are: "whole" (all
        three), "fewer", or a "part" of one. A probe that could measure nothing has failed.

    Raises:
        SpecError: with every fault of the form, by field.
        Fault: "device.planned_only", or when the device is not there.
    """
    spec = make_unnamed(raw, size_of_base(ctx, raw))
    lane = lane_for(spec.budget.device)
    with ctx.db.read() as s:
        job = _newest(s, spec, lane)
    if job is None:
        return None
    result = job.result or {}
    measured = ("seconds", "tokens_per_s", "measured_mb", "bill_mb", "measured_at", "code")
    shown = {key: result.get(key) for key in measured}
    told = {"job": job.id, "status": job.status, "step": job.step, "error": job.error}
    return cast(ProbeView, told | shown)


def _newest(s: Session, spec: JobSpec, lane: str) -> Job | None:
    of: dict[str, Any] = {
        "base_model_id": spec.base_model,
        "dataset_id": spec.dataset,
        "method": spec.method,
        "lane": lane,
    }
    wanted, found = timed(spec.as_dict()), queries.alike(s, PROBE.key, deleted=True, limit=_LOOKED_AT, **of)
    return next((job for job in found if timed(job.spec) == wanted), None)
