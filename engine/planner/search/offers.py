"""Which of the plans that fit are offered, and why each: a few that really differ, the best for the goal first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.planner.budget.goals import GOALS, GOOD_ENOUGH
from engine.planner.search.search import Plan, best, ranked

_MOST, _FEWEST = 5, 3
_CLEARLY, _BETTER = 0.9, 0.02  # of another plan's time or memory, and more quality: what everybody sees
_AT_LEAST, _A_LITTLE = 0.97, 0.005  # the same of what is best for a goal, or one of the few that there are


def chosen(found: Sequence[Plan], goal: str) -> list[Plan]:
    """The best for the goal, the best for each other goal, then others that are clearly better at something.

    None is worse than another of them in memory, time and quality at once, or no better at any of them. Where three plans
    differ so, three are offered.

    Args:
        found: as `goal` ranks them.
    """
    if not found:
        return []
    today = [plan for plan in found if not plan.late] or found
    sound = [plan for plan in today if not any(_surpasses(other, plan) for other in today)]
    kept = _apart([best(sound, each) for each in (goal, *GOALS)], [], _AT_LEAST, _A_LITTLE)
    others = (plan for plan in _best_of_each(sound) if plan.quality >= GOOD_ENOUGH)
    kept += _apart(others, kept, _CLEARLY, _BETTER)[: _MOST - len(kept)]
    if len(kept) < _FEWEST:
        kept += _apart(sound, kept, _AT_LEAST, _A_LITTLE)[: _FEWEST - len(kept)]
    return [*kept[:1], *ranked(kept[1:], goal)]


def _apart(plans: Iterable[Plan], kept: Sequence[Plan], part: float, more: float) -> list[Plan]:
    """Those that stand beside what is kept and beside one another: each is better than each other at something."""
    found: list[Plan] = []
    for plan in plans:
        others = (*kept, *found)
        if all(_is_better(plan, one, part, more) and _is_better(one, plan, part, more) for one in others):
            found.append(plan)
    return found


def _surpasses(plan: Plan, other: Plan) -> bool:
    """Whether a plan is no worse in memory, time and quality than another, and better in one of them."""
    mine, yours = _worth(plan), _worth(other)
    return mine != yours and all(one <= two for one, two in zip(mine, yours, strict=True))


def _worth(plan: Plan) -> tuple[float, float, float]:
    return plan.memory_mb, round(plan.seconds, 1), -round(plan.quality, 3)


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


def _is_better(plan: Plan, other: Plan, part: float, more: float) -> bool:
    """Whether it takes no more than `part` of another's time or memory, or has so much `more` quality."""
    sooner, smaller = plan.seconds < part * other.seconds, plan.memory_mb < part * other.memory_mb
    return sooner or smaller or plan.quality > other.quality + more


def _best_of_each(plans: Sequence[Plan]) -> Iterator[Plan]:
    """The best of each method, then of each method on each format of its base."""
    for mark in (lambda plan: plan.method.key, _method_and_format):
        seen: set[object] = set()
        for plan in plans:
            if mark(plan) not in seen:
                seen.add(mark(plan))
                yield plan
