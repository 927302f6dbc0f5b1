"""Plans are searched for what learns from pairs and thumbs as for any other objective."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.data.bundles.sizes import measured
from engine.data.templates.lengths import LengthTable
from engine.jobs.spec import make_spec
from engine.methods.common.rates import RATE
from engine.objectives import objective_of
from engine.objectives.declaration import Objective
from engine.planner.search.offers import chosen
from tests.unit.test_plans import search

PAIRWISE = [objective_of(key) for key in ("dpo", "kto", "orpo", "simpo", "cpo")]


@pytest.mark.parametrize("objective", PAIRWISE, ids=lambda one: one.key)
def test_offers_have_the_objectives_own_passes_and_rates(objective: Objective) -> None:
    asked = search("135M", "desktop-8-32")
    raw = {"name": "-", "base_model": 1, "dataset": 1, "method": "lora", "objective": objective.key}
    spec = replace(make_spec(raw), budget=asked.base.spec.budget)
    rows = [measured(40 + place % 30, (20 + place % 13, 50)) for place in range(300)]
    table = LengthTable(rows, rows[:20], bundles=True)
    question = replace(asked, base=replace(asked.base, spec=spec, table=table))
    offers = chosen(question.found, question.goal)
    assert len(offers) >= 3
    for plan in offers:
        training = plan.case.spec.training
        suits = objective.defaults_of(plan.method, plan.work.shape.parameters)[RATE]
        assert training[RATE] == suits
        assert plan.epochs <= 1
        assert not any(True for _ in objective.refusals(plan.method))
