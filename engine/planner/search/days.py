"""Where every plan takes over a day: what is done within one, on fewer examples or with a smaller model, tried before it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import ceil

from engine.planner.budget.goals import GOALS
from engine.planner.memory.verdict import in_billions
from engine.planner.search.infeasible import largest, relaxed, with_model
from engine.planner.search.search import IN_TIME, Plan, Search, best
from engine.planner.warnings import DAY, passes_within_a_day, warning
from engine.shapes.plans import WarningView
from storage.tables import LanguageModel


def said_of_days(search: Search, first: Plan, here: Callable[[], Iterable[LanguageModel]]) -> Iterator[WarningView]:
    """What to say of a search whose first plan takes over a day, or has fewer passes so that it does not.

    Args:
        here: other models that could be trained.
    """
    if first.late:
        yield from _over_a_day(search, first, here())
    elif search.goal == GOALS[0] and not first.whole:
        whole = [plan for plan in search.found if plan.late and plan.whole]
        if whole:
            quickest = min(whole, key=lambda plan: plan.seconds)
            minutes = ceil(quickest.seconds / IN_TIME / 60)
            told = {
                "epochs": f"{first.epochs:g}",
                "of": f"{quickest.passes:g}",
                "days": round(quickest.seconds / DAY, 1),
            }
            yield warning("days_cut", {"budget.minutes": minutes}, **told)


def _over_a_day(search: Search, first: Plan, here: Iterable[LanguageModel]) -> Iterator[WarningView]:
    within = relaxed(search, minutes=DAY / 60)
    if within.found:
        plan = best(within.found, within.goal)
        yield passes_within_a_day(first.seconds, plan.epochs, first.passes, within.changes_of(plan))
    yield _smaller(within, here)


def _smaller(within: Search, here: Iterable[LanguageModel]) -> WarningView:
    """The largest smaller model of those that are here, else the largest common size, with which a plan keeps to the day."""
    size = within.base.shape.parameters
    smaller = [model for model in here if model.config and (model.parameters or size) < size]
    for model in sorted(smaller, key=lambda one: -(one.parameters or 0)):
        if with_model(within, model.config).found:
            told = {"name": model.name, "parameters": in_billions(model.parameters or 0)}
            return warning("days_ready", {"base_model": model.id}, **told)
    there = largest(within)
    if there is None or there.base.shape.parameters >= size:
        return warning("days_rows")
    return warning("days_model", parameters=in_billions(there.base.shape.parameters))
