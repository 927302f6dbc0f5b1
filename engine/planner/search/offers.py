"""Which of the plans that fit are offered, and why each: a few that really differ, the best for the goal first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.planner.budget.goals import GOALS, GOOD_ENOUGH
from engine.planner.search.search import Plan, best, ranked

_MOST, _FEWEST = 5, 3
_CLEARLY = 0.9  # of another plan's time or memory
_BETTER = 0.02  # of quality


def chosen(found: Sequence[Plan], goal: str) -> list[Plan]:
    """The best for the goal, the best for each other goal, then other candidates that are clearly better at something.

    Args:
        found: as `goal` ranks them.
    """
    if not found:
        return []
    kept: list[Plan] = []
    for plan in (best(found, each) for each in (goal, *GOALS)):
        if not any(_alike(plan, other) for other in kept):
            kept.append(plan)
    others = [
        plan
        for plan in _best_of_each(found)
        if plan.quality >= GOOD_ENOUGH and _method_and_format(plan) not in map(_method_and_format, kept)
    ]
    for plan in others:
        if len(kept) < _MOST and all(_is_better_at_something(plan, other) for other in kept):
            kept.append(plan)
    spare = (plan for plan in others if plan not in kept)
    kept += [plan for plan, _place in zip(spare, range(_FEWEST - len(kept)), strict=False)]
    return [kept[0], *ranked(kept[1:], goal)]


def reasons(plans: Sequence[Plan], goal: str) -> Iterator[tuple[Plan, str]]:
    """Each plan with what is to be said for it: the goal it is the best for among these, or how it compares with the first."""
    told: set[str] = set()
    for plan in plans:
        best_for = (each for each in (goal, *GOALS) if best(plans, each) is plan)
        reason = next((each for each in best_for if each not in told), None) or _compared(plan, plans[0])
        told.add(reason)
        yield plan, reason if plan.method.capabilities.trains else "shots"


def _compared(plan: Plan, first: Plan) -> str:
    if plan.quality > first.quality + _BETTER:
        return "better"
    if plan.seconds < _CLEARLY * first.seconds:
        return "sooner"
    return "less_memory" if plan.memory_mb < _CLEARLY * first.memory_mb else "other"


def _method_and_format(plan: Plan) -> tuple[str, str]:
    return plan.method.key, plan.work.base_format.key


def _alike(one: Plan, other: Plan) -> bool:
    """Whether two plans would look the same to a person."""
    return _looks(one) == _looks(other)


def _looks(plan: Plan) -> tuple[object, ...]:
    return *_method_and_format(plan), plan.max_length, plan.epochs, plan.work.recompute


def _is_better_at_something(plan: Plan, other: Plan) -> bool:
    sooner, smaller = plan.seconds < _CLEARLY * other.seconds, plan.memory_mb < _CLEARLY * other.memory_mb
    return sooner or smaller or plan.quality > other.quality + _BETTER


def _best_of_each(plans: Sequence[Plan]) -> Iterator[Plan]:
    """The best of each method, then of each method on each format of its base."""
    for mark in (lambda plan: plan.method.key, _method_and_format):
        seen: set[object] = set()
        for plan in plans:
            if mark(plan) not in seen:
                seen.add(mark(plan))
                yield plan
