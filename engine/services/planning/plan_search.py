"""From a hardware budget to complete plans: the catalogue of devices, and what fits, ranked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from engine.core.context import Context
from engine.core.params import read_all
from engine.jobs.spec import make_unnamed
from engine.methods import METHODS, settings_with_own_defaults
from engine.models.presence import can_plan
from engine.objectives import objective_in
from engine.objectives.declaration import Objective
from engine.planner.budget.catalogue import CATALOGUE
from engine.planner.plan_estimate import device_view, estimate
from engine.planner.search.days import said_of_days
from engine.planner.search.infeasible import smallest_change
from engine.planner.search.offers import chosen, reasons
from engine.planner.search.search import SEARCHED, Plan, Search, ranked
from engine.services.planning import estimates
from engine.shapes.planning import CatalogueDevice, PlanOffer, PlanOffers
from engine.shapes.plans import PlanView, TimeEstimate, WarningView
from storage.queries import base_models
from storage.tables import LanguageModel

Json = dict[str, Any]
_ENTRY = ("key", "name", "group", "memory_mb", "tflops", "bandwidth", "capability", "cores", "bf16", "source", "notes")
_DAYS = "warning.days"
_DECIDED = ("method", "method_params", "training", "sample_prompts")


def catalogue() -> list[CatalogueDevice]:
    """Devices to plan for: {key, name, kind: "gpu" | "apple" | "cpu", group, memory_mb, tflops, bandwidth, cores, bf16,
    source, notes: [{code, params}]}."""
    shown = ({key: getattr(entry, key) for key in _ENTRY} | {"kind": entry.shelf} for entry in CATALOGUE)
    return [cast(CatalogueDevice, entry) for entry in shown]


def offers(ctx: Context, raw: Mapping[str, Any]) -> PlanOffers:
    """Complete plans for a model, data and budget, the best first.

    Args:
        raw: a raw spec; its method and settings of training may be missing or wrong.

    Returns:
        {device, goal, offers: [{key, changes, method, precision, attention, max_length, micro_tokens, micro_rows, accumulation,
        batch_size, checkpointing, optimizer, quantisation, bits, epochs, steps, memory, time, disk, quality,
        why: {code, params}, best}], nothing: {code, params, ok, change} | None, warnings: [{code, params, change}]}. `changes` are values by field, as
        in a verdict's `change`. Texts are at `plan.<code>`. `nothing` is set when nothing that trains fits.
        `warnings` are of every plan. None is the best while all take over a day without a limit that allows for it.

    Raises:
        SpecError: when the budget or the model's and the data's choice is wrong.
        Fault: when the model's files or its device are not there.
    """
    search = _search(ctx, raw)
    plans = chosen(search.found, search.goal)
    first, nothing = plans[0] if plans else None, None
    if not plans:
        nothing = smallest_change(search).as_dict()
        plans = ranked(search.fitting(search.lengths[:1], trains=False), search.goal)[:1]
    numbers = [(plan, reason, estimate(plan.case)) for plan, reason in reasons(plans, search.goal)]
    days = said_of_days(search, first, lambda: _here(ctx)) if first is not None else ()
    return {
        "device": device_view(search.base.device),
        "goal": search.goal,
        "offers": [_offer(plan, reason, search, place, found) for place, (plan, reason, found) in enumerate(numbers)],
        "nothing": nothing,
        "warnings": [*days, *_of_all([found["warnings"] for _plan, _reason, found in numbers])],
    }


def _here(ctx: Context) -> list[LanguageModel]:
    with ctx.db.read() as s:
        return [model for model in base_models.list_models(s) if can_plan(model)]


def _of_all(warnings: list[list[WarningView]]) -> list[WarningView]:
    """What every plan warns of, as the first one says it; what is said of days is said of all at once."""
    codes = set.intersection(*({one["code"] for one in each} for each in warnings)) if warnings else set()
    return [one for one in warnings[0] if one["code"] in codes and not one["code"].startswith(_DAYS)] if codes else []


def _search(ctx: Context, raw: Mapping[str, Any]) -> Search:
    """The question that a raw spec asks; settings of the chosen method are kept where they are right."""
    asked = {key: value for key, value in raw.items() if key not in _DECIDED}
    objective = objective_in(raw)
    kept = {key: value for key, value in (raw.get("training") or {}).items() if key in _shared(objective)}
    spec = make_unnamed(asked, method=METHODS[0].key, training=kept)
    own: dict[str, Mapping[str, Any]] = {}
    method = next((one for one in METHODS if one.key == raw.get("method")), None)
    if method is not None:
        given = raw.get("method_params") or {}
        if not read_all(method.params, given, "method")[1]:
            own[method.key] = dict(given)
    return Search(estimates.case_of(ctx, spec), own, sorted(kept.keys() - SEARCHED))


def _shared(objective: Objective) -> set[str]:
    """Settings of training that are the user's own, whatever the method."""
    return {param.key for param in objective.params} - (settings_with_own_defaults() - objective.own)


def _offer(plan: Plan, reason: str, search: Search, place: int, numbers: PlanView) -> PlanOffer:
    training, work = plan.case.spec.training, plan.work
    left_out = search.left_out(plan)
    whole = plan.train.truncated == left_out == 0
    return {
        "key": _key(plan),
        "changes": search.changes_of(plan),
        "method": plan.method.key,
        "precision": work.precision.dtype,
        "attention": numbers["attention"],
        "max_length": plan.max_length,
        "truncated": plan.train.truncated,
        "dropped": left_out,
        "micro_tokens": work.tokens,
        "micro_rows": _micro_rows(plan),
        "accumulation": work.groups,
        "batch_size": training["batch_size"],
        "checkpointing": work.recompute,
        "optimizer": training["optimizer"],
        "quantisation": work.base_format.key,
        "bits": work.base_format.bits,
        "epochs": plan.epochs,
        "steps": plan.steps,
        "memory": numbers["memory"],
        "time": cast(TimeEstimate, numbers["time"]),
        "disk": numbers["disk"],
        "quality": round(plan.quality, 3),
        "why": {
            "code": f"why.{reason}" if whole or reason == "shots" else f"why.{reason}_cut",
            "params": _facts(plan, numbers["memory"]["total_mb"], left_out),
        },
        "verdict": numbers["verdict"],
        "best": place == 0 and not plan.late,
    }


def _key(plan: Plan) -> str:
    parts = (plan.method.key, plan.work.base_format.key, plan.max_length, f"{plan.epochs:g}")
    return "-".join(map(str, parts)) + ("-recompute" if plan.work.recompute else "")


def _micro_rows(plan: Plan) -> int:
    """Average examples of a group, in which a step is worked through."""
    batch, tokens = int(plan.case.spec.training["batch_size"]), plan.work.tokens
    return max(1, min(batch, int(tokens / max(1.0, plan.train.mean))))


def rough_minutes(seconds: float) -> float:
    """A time in minutes, as exactly as the page says it: to ten minutes beyond an hour, else to half a minute."""
    if seconds >= 3600:
        return 10 * round(seconds / 600)
    minutes = round(seconds / 60, 1) if seconds < 57.5 else round(seconds / 30) / 2
    return int(minutes) if minutes.is_integer() else minutes


def _facts(plan: Plan, memory_mb: int, left_out: int) -> Json:
    """What the sentences are filled in with."""
    limit = plan.case.limit_mb
    return {
        "method": plan.method.label.as_dict(),
        "epochs": int(plan.epochs) if plan.epochs.is_integer() else plan.epochs,
        "percent": round(100 * memory_mb / max(1, limit)),
        "memory_mb": memory_mb,
        "free_mb": limit - memory_mb,
        "minutes": rough_minutes(plan.seconds),
        "cut": plan.train.truncated + left_out,
    }
