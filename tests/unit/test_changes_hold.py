"""What a plan proposes holds once it is taken over: over the models to choose from, random devices, methods and settings."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.core.errors import SpecError
from engine.jobs.spec import make_spec
from engine.methods import METHODS
from engine.models.shelf.curated import known_models
from engine.planner.budget import catalogue
from engine.planner.plan_estimate import PlanCase, estimate
from engine.planner.refusals import refusals
from engine.services.planning.spec_repair import changed
from engine.shapes.plans import PlanView
from storage.tables import Dataset, LanguageModel
from tests.unit.test_plans import table

SEED, QUESTIONS = 20_262, 450
Json = dict[str, Any]
_SETTINGS: dict[str, tuple[Any, ...]] = {
    "batch_size": (1, 3, 32), "epochs": (0.3, 1, 5), "max_length": (64, 777, 8192), "checkpointing": ("auto", "on", "off"),
    "optimizer": ("adamw_8bit", "sgd", "adafactor"), "trained_format": ("fp32", "bf16"), "evaluations": (0, 1, 4),
    "offload": ("none", "state", "gradients"), "quantisation": ("none", "nf4", "int8"), "over_length": ("drop", "split"),
}  # fmt: skip


def asked(seed: int, n: int) -> Iterator[tuple[Json, PlanCase]]:
    """Random forms that are taken, each with its case."""
    drawn = random.Random(seed)
    for _ in range(n):
        model, device = drawn.choice(known_models()), drawn.choice(catalogue.CATALOGUE)
        training = {key: drawn.choice(_SETTINGS[key]) for key in drawn.sample(sorted(_SETTINGS), 3)}
        limits = {"minutes": drawn.choice((None, None, 1, 10)), "memory_mb": drawn.choice((None, 6000, 16000))}
        raw: Json = {
            "name": "-",
            "base_model": 1,
            "dataset": 1,
            "method": drawn.choice(METHODS).key,
            "training": training,
        }
        base = LanguageModel(
            config=dict(model.config), parameters=model.parameters, context_length=model.context, name=model.name
        )
        rows, there = table(drawn.choice((15, 150))), catalogue.device_of(device.key)
        with_limits = raw | {"budget": limits | {"device": device.key}}
        try:
            spec = make_spec(with_limits, model.parameters)
        except SpecError:
            continue
        if not refusals(spec, base, 100):
            yield with_limits, PlanCase(spec, base, Dataset(val_rows=20), there, rows, {}, 10**6)


def taken_over(raw: Json, case: PlanCase, change: Json) -> PlanView:
    """The plan with a change in the form. Raises SpecError where it is refused."""
    spec = make_spec(changed(raw, change), case.model.parameters)
    if faults := refusals(spec, case.model, 100):
        raise SpecError(faults)
    return estimate(replace(case, spec=spec))


def test_what_a_verdict_proposes_is_taken_and_comes_to_what_was_said() -> None:
    seen: Counter[str] = Counter()
    for raw, case in asked(SEED, QUESTIONS):
        plan = estimate(case)
        verdict, memory = plan["verdict"], plan["memory"]
        assert not verdict["ok"] or memory["total_mb"] <= memory["limit_mb"] + 1, raw
        if not verdict["change"]:
            continue
        seen[verdict["code"]] += 1
        then = taken_over(raw, case, dict(verdict["change"]))
        if "then_mb" not in verdict["params"]:
            assert then["verdict"]["ok"], (SEED, raw, verdict, then["verdict"])
            continue
        assert abs(then["memory"]["total_mb"] - verdict["params"]["then_mb"]) <= 5, (SEED, raw, verdict, then["memory"])
        assert then["memory"]["total_mb"] <= then["memory"]["limit_mb"] + 5, (SEED, raw, verdict, then["memory"])
    assert len(seen) > 6, seen
    assert seen["verdict.method"] > 5, seen


def test_a_limit_of_time_never_asks_for_fewer_steps_than_the_method_needs() -> None:
    model = next(one for one in known_models() if one.parameters < 1e9)
    raw: Json = {"name": "-", "base_model": 1, "dataset": 1, "method": "adalora", "training": {"epochs": 5}}
    base = LanguageModel(config=dict(model.config), parameters=model.parameters, context_length=model.context, name="-")
    codes = []
    for minutes in (1, 2, 5, 20, 10_000):
        spec = make_spec(raw | {"budget": {"device": "laptop-8-16", "minutes": minutes}}, model.parameters)
        case = PlanCase(spec, base, Dataset(val_rows=20), catalogue.device_of("laptop-8-16"), table(60), {}, 10**6)
        verdict = estimate(case)["verdict"]
        codes.append(verdict["code"])
        if verdict["change"]:
            assert taken_over(spec.as_dict(), case, dict(verdict["change"]))["verdict"]["ok"], verdict
    assert codes[0] == "verdict.time_few"
    assert codes[-1] == "verdict.fits"


def test_two_changes_together_are_proposed_where_neither_is_enough() -> None:
    model, codes = next(one for one in known_models() if one.parameters < 1e9), set()
    base = LanguageModel(config=dict(model.config), parameters=model.parameters, context_length=model.context, name="-")
    for memory_mb in range(1000, 4000, 200):
        raw: Json = {"name": "-", "base_model": 1, "dataset": 1, "method": "lora", "training": {"max_length": 8192}}
        raw["budget"] = {"device": "laptop-8-16", "memory_mb": memory_mb}
        spec, device = make_spec(raw, model.parameters), catalogue.device_of("laptop-8-16")
        case = PlanCase(spec, base, Dataset(val_rows=20), device, table(150), {}, 10**6)
        verdict = estimate(case)["verdict"]
        codes.add(verdict["code"])
        if verdict["change"]:
            assert taken_over(raw, case, dict(verdict["change"]))["verdict"]["ok"], verdict
    assert "verdict.quantised_shorter" in codes, codes
