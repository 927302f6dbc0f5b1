"""Rules of what is offered, held over random devices, models, rows and budgets; a failure prints the seed and the question."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from engine.planner.budget import catalogue
from engine.planner.budget.goals import GOALS
from engine.planner.search.infeasible import relaxed, smallest_change
from engine.planner.search.offers import chosen
from engine.planner.search.search import Plan, Search
from tests.unit.test_plans import MODELS, search, smallest_mb

SEED = 20_261
MINUTES = (None, 1, 10, 45, 180, 1440)
SHARES = (None, 0.3, 0.5, 0.8)  # of a device's memory
_LENGTHY = (
    "nothing.time",
    "nothing.time_passes",
    "nothing.memory_time",
    "nothing.time_disk",
    "nothing.no_model_limits",
)


def questions(
    seed: int, n: int, minutes: Sequence[float | None], shares: Sequence[float | None]
) -> Iterator[tuple[str, Search]]:
    """Random questions, each with its words."""
    drawn = random.Random(seed)
    for _ in range(n):
        model, device = drawn.choice(list(MODELS)), drawn.choice(catalogue.CATALOGUE).key
        rows, goal = drawn.choice((15, 60, 150, 600, 4000)), drawn.choice(GOALS)
        time, share = drawn.choice(minutes), drawn.choice(shares)
        memory = None if share is None else round(catalogue.device_of(device).memory_mb * share)
        budget: dict[str, Any] = {"goal": goal, "minutes": time, "memory_mb": memory}
        yield f"seed {seed}: {model} on {device}, {rows} rows, {budget}", search(model, device, rows=rows, **budget)


def worth(plan: Plan) -> tuple[float, float, float]:
    """What two plans are compared in: smaller is better."""
    return plan.memory_mb, round(plan.seconds, 1), -round(plan.quality, 3)


def no_better(one: Plan, other: Plan) -> bool:
    return all(mine >= yours for mine, yours in zip(worth(one), worth(other), strict=True))


def clearly_apart(one: Plan, other: Plan) -> bool:
    """Whether each is better by a twentieth at something."""

    def better(plan: Plan, than: Plan) -> bool:
        sooner, smaller = plan.seconds < 0.95 * than.seconds, plan.memory_mb < 0.95 * than.memory_mb
        return sooner or smaller or plan.quality > than.quality + 0.01

    return better(one, other) and better(other, one)


def sensible(found: Sequence[Plan]) -> int:
    """How many plans that nothing surpasses stand clearly apart, as far as one walk through them tells."""
    best = [plan for plan in found if not any(no_better(plan, one) and worth(plan) != worth(one) for one in found)]
    apart: list[Plan] = []
    for plan in best:
        if all(clearly_apart(plan, one) for one in apart):
            apart.append(plan)
    return len(apart)


def offers_faults(question: Search) -> list[str]:
    """Rules that what is offered does not keep."""
    plans, found = chosen(question.found, question.goal), question.found
    today = [plan for plan in found if not plan.late] or found
    rules = {
        "one is no better than another": any(
            no_better(one, other) for one in plans for other in plans if one is not other
        ),
        "fewer than three where three differ": len(plans) < min(3, sensible(today)),
        "a plan over a day is the first": bool(plans) and plans[0].late > all(plan.late for plan in found),
    }
    return [rule for rule, broken in rules.items() if broken]


def test_no_offer_is_worse_than_another_and_three_are_offered_where_three_differ() -> None:
    offered = 0
    for asked, question in questions(SEED, 40, MINUTES, SHARES):
        assert offers_faults(question) == [], asked
        offered += bool(question.found)
    assert offered > 12  # else nothing was tested


def test_the_reason_is_what_binds_and_the_advice_helps() -> None:
    seen = set()
    for asked, question in questions(SEED + 2, 20, (0.3, 1, 3, 10), (None, 0.1, 0.5)):
        if question.found:
            continue
        told = smallest_change(question)
        seen.add(told.code)
        time_helps = bool(relaxed(question, minutes=None).found)
        assert time_helps == told.code.startswith("nothing.time"), (asked, told)
        assert not (told.code == "nothing.no_model" and question.base.limit_mb > 5_000), (asked, told)
        limits = {field.removeprefix("budget."): value for field, value in told.change.items() if "budget." in field}
        if not limits:
            continue
        then = relaxed(question, **limits).found
        assert then, (asked, told)
        if "epochs" in told.params:  # as often as was said
            assert max(plan.epochs for plan in then) >= float(told.params["epochs"]), (asked, told)
    assert len(seen & set(_LENGTHY)) > 1


def test_advice_that_cuts_epochs_says_so() -> None:
    asked = search("135M", "desktop-8-32")
    need = min(smallest_mb(case) for case in asked.candidates(asked.lengths))
    codes = []
    for minutes in (5, 60):
        told = smallest_change(search("135M", "desktop-8-32", minutes=minutes, memory_mb=need - 20))
        codes.append(told.code)
        assert (float(told.params["epochs"]) < float(told.params["of"])) == told.code.endswith("_passes")
        assert told.change["training.epochs"] == float(told.params["epochs"])
    assert codes == ["nothing.shorter_or_memory_passes", "nothing.shorter_or_memory"]
