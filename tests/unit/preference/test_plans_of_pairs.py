"""Plans are searched for what learns from pairs and thumbs as for any other objective."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.hardware import Device
from engine.core.params import read_all
from engine.data.bundles.sizes import BundleSize, measured
from engine.data.templates.lengths import Counts, LengthTable
from engine.devices import precision_for
from engine.jobs.spec import make_spec
from engine.methods import method_of
from engine.methods.common.rates import RATE
from engine.models.architecture.shape import shape_of
from engine.objectives import objective_of
from engine.objectives.declaration import Objective
from engine.planner.memory.workload import Workload
from engine.planner.search.offers import chosen
from engine.planner.time.speed import Pace, units_of
from engine.planner.time.units import UnitTimes
from tests.unit.test_plan_time import STARTER
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


def test_the_time_of_thumbs_holds_what_is_only_read() -> None:
    """An answer to another question is read with the prompt before each step and each check, and learnt in none."""
    device = Device("cpu", "A processor", 16_000, 12_000, bf16=False, cores=2)
    method = method_of("lora")
    values, _faults = read_all(method.params, {}, "method")
    work = Workload(shape_of(STARTER), method, values, precision_for(device), device, 1024)
    thumbs = replace(work, needs=objective_of("kto").needs({}))

    def times(work: Workload, *answers: int) -> UnitTimes:
        sizes = [BundleSize(99, answers)] * 64
        tokens = sum(one.tokens for one in sizes)
        lengths = [one.tokens for one in sizes]
        counts = Counts(64, tokens, 64 * sum(answers), lengths, 0, 0, 0, bundles=sizes)
        return units_of(work, counts, counts, Pace(1.0, 8, evaluations=1))

    own, whole, found = times(work, 50), times(work, 50, 80), times(thumbs, 50, 80)
    foreign = times(work, 80)
    assert found.step == pytest.approx(own.step + foreign.score / 8, rel=0.02)
    assert found.score == pytest.approx(own.score + foreign.score, rel=0.02)
    assert found.reference == pytest.approx(2 * whole.score, rel=0.02)
    assert times(thumbs, 50).step == own.step
