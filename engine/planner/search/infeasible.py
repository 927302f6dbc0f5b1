"""When no plan keeps to all limits: the smallest change that makes one keep to them, found by trying."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from math import ceil, inf
from typing import Any

from engine.planner.budget.catalogue import CATALOGUE, device_of
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.sizes import COMMON_SIZES
from engine.planner.memory.verdict import Verdict, in_billions, limit_of
from engine.planner.plan_estimate import PlanCase, workload
from engine.planner.search.search import IN_TIME, Plan, Search, best
from storage.tables import LanguageModel

_LENGTHS = (4096, 2048, 1024, 512, 256, 128, 64)
_STILL_USEFUL = 0.5  # share of the examples that must be left to learn from
_EVER = 10**9  # as good as no limit of disk, in MB
_ROUND_MB = 100


def smallest_change(search: Search) -> Verdict:
    """What to change so that something fits; text key `plan.<code>`, `change` where the form can do it by itself."""
    if not search.counts(max(search.lengths, default=0)).rows:
        refused = search.base.table.refused
        return Verdict("verdict.refused", {"n": refused}) if refused else Verdict("nothing.data")
    enough = _least_mb(search, min(search.lengths, default=0)) <= search.base.limit_mb
    for tried in (_more_time, _more_disk) if enough else (_shorter, _more_memory):
        if (found := tried(search)) is not None:
            return found
    return _larger_everything(search) if enough else _smaller_model(search)


def relaxed(search: Search, **limits: Any) -> Search:
    """The same question with other limits."""
    base = search.base
    return replace(search, base=replace(base, spec=replace(base.spec, budget=replace(base.spec.budget, **limits))))


def _quickest(search: Search, passes: float = 1.0) -> Plan | None:
    """The shortest of the plans that see all examples so often, or as often as their method does by itself."""
    seen = (plan for plan in search.found if plan.epochs >= min(passes, plan.passes))
    return min(seen, key=lambda plan: plan.seconds, default=None)


def _minutes(plan: Plan) -> int:
    """Whole minutes that hold the plan as the search plans them."""
    return ceil(plan.seconds / IN_TIME / 60)


def _passes(plan: Plan) -> dict[str, Any]:
    """How often it sees the examples, and how often its method would by itself."""
    return {"epochs": f"{plan.epochs:g}", "of": f"{plan.passes:g}"}


def _more_time(search: Search) -> Verdict | None:
    """As many minutes as one pass takes; where that is not all of them, also what all take."""
    minutes, roomy = search.base.spec.budget.minutes, relaxed(search, minutes=None)
    if minutes is None or (plan := _quickest(roomy)) is None or (whole := _quickest(roomy, inf)) is None:
        return None
    need, code = _minutes(plan), "nothing.time" if plan.whole else "nothing.time_passes"
    params = {"minutes": need, "limit_minutes": f"{minutes:g}", "all_minutes": _minutes(whole)} | _passes(plan)
    return Verdict(code, params, change={"budget.minutes": need})


def _more_disk(search: Search) -> Verdict | None:
    """A larger limit of disk where it is free, or that much freed."""
    limited = relaxed(search, disk_mb=None)
    roomy = replace(limited, base=replace(limited.base, disk_free_mb=_EVER)).found
    if not roomy:
        return None
    need, free = ceil(min(plan.disk_mb for plan in roomy)), search.base.disk_free_mb
    if need <= free:
        params = {"need_mb": need, "limit_mb": search.base.disk_limit_mb}
        return Verdict("nothing.disk_limit", params, change={"budget.disk_mb": need})
    return Verdict("nothing.disk", {"need_mb": need, "free_mb": free})


def _shorter(search: Search) -> Verdict | None:
    """Shorter examples, longest first; with the memory that would save from cutting, where the device has it."""
    limit_mb = search.base.limit_mb
    rows = search.counts(max(search.lengths, default=0)).rows
    for length in (length for length in _LENGTHS if length < min(search.lengths, default=0)):
        if _least_mb(search, length) > limit_mb:
            continue
        plans = [plan for plan in search.fitting((length,)) if plan.train.rows >= _STILL_USEFUL * rows]
        if plans:
            return _cut(search, best([plan for plan in plans if plan.whole] or plans, search.goal))
    return None


def _cut(search: Search, plan: Plan) -> Verdict:
    """A plan with shorter examples, in all passes of its method where the time allows them."""
    need = _need_mb(search)
    params: dict[str, Any] = {
        "max_length": plan.max_length,
        "longest": max(search.lengths),
        "n": plan.train.truncated + search.left_out(plan),
    }
    params |= {"need_mb": need, "limit_mb": search.base.limit_mb} | _passes(plan)
    whole, fewer = "nothing.shorter", "nothing.shorter_passes"
    if need <= limit_of(search.base.device, None):
        whole, fewer = "nothing.shorter_or_memory", "nothing.shorter_or_memory_passes"
    return Verdict(whole if plan.whole else fewer, params, change=search.changes_of(plan))


def _more_memory(search: Search) -> Verdict | None:
    """A larger limit of memory, and of time where that is too short as well."""
    need, base = _need_mb(search), search.base
    if not base.limit_mb < need <= limit_of(base.device, None):
        return None
    larger = relaxed(search, memory_mb=need)
    params: dict[str, Any] = {"need_mb": need, "limit_mb": base.limit_mb}
    if larger.found:
        return Verdict("nothing.memory", params, change={"budget.memory_mb": need})
    if (plan := _quickest(relaxed(larger, minutes=None))) is None:
        return None
    params |= {"minutes": _minutes(plan), "limit_minutes": f"{base.spec.budget.minutes or 0:g}"} | _passes(plan)
    return Verdict("nothing.memory_time", params, change={"budget.memory_mb": need, "budget.minutes": _minutes(plan)})


def _larger_everything(search: Search) -> Verdict:
    """Time and disk are too short together."""
    limited = relaxed(search, minutes=None, disk_mb=None)
    plan = _quickest(replace(limited, base=replace(limited.base, disk_free_mb=_EVER)))
    if plan is None:
        return _smaller_model(search)
    base = search.base
    params = {"minutes": _minutes(plan), "need_mb": ceil(plan.disk_mb)} | _passes(plan)
    limits = {"limit_minutes": f"{base.spec.budget.minutes or 0:g}", "limit_mb": base.disk_limit_mb}
    change = {"budget.minutes": _minutes(plan), "budget.disk_mb": ceil(plan.disk_mb)}
    return Verdict("nothing.time_disk", params | limits, change=change if plan.disk_mb <= base.disk_free_mb else {})


def _need_mb(search: Search) -> int:
    """The least memory that training on this model takes at the lengths of the data, rounded up."""
    return ceil(_least_mb(search, min(search.lengths, default=0)) / _ROUND_MB) * _ROUND_MB


def _least_mb(search: Search, length: int) -> int:
    """The least memory at a length: in the smallest groups."""
    small = replace(search.base.spec.budget, goal="smallest")
    cases = search.candidates((length,))
    return min((_total(replace(case, spec=replace(case.spec, budget=small))) for case in cases), default=0)


def _total(case: PlanCase) -> int:
    return total_mb(workload(case, case.counts()[0]))


def _smaller_model(search: Search) -> Verdict:
    """How large a model may be here, and what could hold this one."""
    base = search.base
    params: dict[str, Any] = {"need_mb": _need_mb(search), "limit_mb": base.limit_mb}
    if (there := largest(search)) is None:
        return _no_model(search, params)
    device = _device_for(search)
    params |= {"parameters": in_billions(there.base.shape.parameters), "device": device}
    return Verdict("nothing.smaller_model" if device else "nothing.smaller_model_only", params)


def _no_model(search: Search, params: dict[str, Any]) -> Verdict:
    """The memory is too little for any size, or the other limits are too short for those that it holds."""
    roomy = relaxed(search, minutes=None, disk_mb=None)
    there = largest(replace(roomy, base=replace(roomy.base, disk_free_mb=_EVER)))
    if there is None or (plan := _quickest(there)) is None:
        return Verdict("nothing.no_model", params)
    params |= {"parameters": in_billions(there.base.shape.parameters), "minutes": _minutes(plan)}
    return Verdict("nothing.no_model_limits", params | {"disk_mb": ceil(plan.disk_mb)})


def largest(search: Search) -> Search | None:
    """The question with the largest common size of model that keeps to all limits. Larger ones never do where a smaller one does not."""

    def has_a_plan(config: Mapping[str, Any]) -> bool:
        there = with_model(search, config)
        return _need_mb(there) <= there.base.limit_mb and bool(there.found)

    first = bisect_left(COMMON_SIZES, True, key=has_a_plan)
    return None if first == len(COMMON_SIZES) else with_model(search, COMMON_SIZES[first])


def with_model(search: Search, config: Mapping[str, Any]) -> Search:
    """The same question about another model, with rows as long as in this one's tokens."""
    model = LanguageModel(config=config, parameters=None, context_length=search.base.model.context_length)
    return replace(search, base=replace(search.base, model=model))


def _device_for(search: Search) -> str | None:
    """The smallest GPU of the catalogue that the model can be trained on."""
    gpus = sorted((entry for entry in CATALOGUE if entry.tflops and entry.bf16), key=lambda one: one.memory_mb)
    free = replace(search.base.spec.budget, memory_mb=None, minutes=None)
    there = replace(search.base, device=device_of(gpus[0].key), spec=replace(search.base.spec, budget=free))
    need = _need_mb(replace(search, base=there))  # what it takes does not depend on which of them
    return next((entry.name for entry in gpus if limit_of(device_of(entry.key), None) >= need), None)
