"""What plans warn of: each rule with the numbers that it says, and the change that takes its reason away."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from engine.commands.console import Console
from engine.commands.review import tell_review
from engine.core.context import Context
from engine.core.hardware import Device
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.evaluation.comparison.spec import job_specs, make_comparison, stored_comparison
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import METHODS, method_of
from engine.methods.common.rates import RATE, SHARES, rate_for, rates_of
from engine.objectives import SFT
from engine.planner import warnings
from engine.planner.plan_estimate import PlanCase, estimate
from engine.planner.search.days import said_of_days
from engine.planner.search.offers import chosen
from engine.services.data.fit import fit_of
from engine.services.planning import estimates, plan_search
from engine.services.planning.spec_repair import changed
from storage.tables import LanguageModel
from tests import tiny
from tests.integration.test_fit_service import TOOL, WITH_TOOLS, add_model
from tests.unit.test_planner import SMOLLM2
from tests.unit.test_plans import MODELS, search
from webui.i18n import error_text, t

DROPS = (
    "{% if messages | length > 3 %}{{ raise_exception('One turn alone') }}{% endif %}"
    "{% for message in messages if message.role in ('user', 'assistant') %}<|{{ message.role }}|>{{ message.content }}\n{% endfor %}"
)
GPU = Device("cuda:0", "NVIDIA Test", 24_000, 23_000, True, capability=(8, 9))


def case(model: str = "8B", device: str = "rtx-4090", rows: int = 150, **raw: Any) -> PlanCase:
    """A plan for one of the models, as a form with these fields asks for it."""
    asked = search(model, device, rows=rows).base
    parameters = asked.shape.parameters
    budget = raw.pop("budget", {})
    spec = make_spec(
        {"name": "-", "base_model": 1, "dataset": 1, "method": "lora", "budget": budget, **raw}, parameters
    )
    return replace(asked, spec=spec)


def warned(of: PlanCase) -> dict[str, Any]:
    return {one["code"].removeprefix("warning."): one for one in estimate(of)["warnings"]}


def applied(of: PlanCase, change: dict[str, Any]) -> PlanCase:
    spec: JobSpec = make_spec(changed(of.spec.as_dict(), change))
    return replace(of, spec=spec)


# ------------------------------------------------------------------ rows that the template refuses


def rows() -> list[dict[str, Any]]:
    ask, say = {"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "It is."}
    kinds = [
        *[{"messages": [ask, say], "tools": [TOOL]}] * 12,
        *[{"messages": [{"role": "system", "content": "Be brief."}, ask, say]}] * 5,
        *[{"messages": [ask, say] * 2}] * 3,
        *[{"messages": [ask, say]}] * 20,
    ]
    return [row | {"split": "train", "line": line} for line, row in enumerate(kinds, 1)]


def test_refused_rows_are_counted_by_kind_everywhere(ctx: Context) -> None:
    model, dataset = add_model(ctx, "Plain", DROPS), tiny.add_dataset(ctx, rows())
    taking = add_model(ctx, "Tools", WITH_TOOLS)
    with ctx.db.write() as s:
        for one in (model, taking):
            s.get_one(LanguageModel, one).config = SMOLLM2
    raw = {"base_model": model, "dataset": dataset, "method": "lora", "objective": SFT.key}
    wanted = {"tools": 12, "system": 5, "refused": 3}
    for found in (estimates.plan(ctx, raw)["warnings"], plan_search.offers(ctx, raw)["warnings"]):
        told = {
            one["code"].removeprefix("warning.refused_"): one["params"] for one in found if "refused" in one["code"]
        }
        assert {kind: params["n"] for kind, params in told.items()} == wanted
        assert {(params["rows"], params["model"]) for params in told.values()} == {(40, "Plain")}
        assert "One turn alone" in told["refused"]["reason"]
    fit = fit_of(ctx, dataset, model)["findings"]
    assert {one["code"]: one["params"]["n"] for one in fit if one["code"] in wanted} == wanted
    console = Console("en", t, error_text, out=io.StringIO())
    tell_review(console, ctx, raw)
    printed = console.out.getvalue()  # type: ignore[attr-defined]
    assert printed.count("12 of 40 rows use tools") == 1  # once, though both say it
    assert "examples use tools" not in printed
    assert not any("refused" in one["code"] for one in estimates.plan(ctx, raw | {"base_model": taking})["warnings"])


# ------------------------------------------------------------------ devices


@pytest.mark.parametrize(("usable", "code"), [(True, "idle"), (False, "idle_unusable")])
def test_a_gpu_that_would_idle_is_named(monkeypatch: pytest.MonkeyPatch, usable: bool, code: str) -> None:
    monkeypatch.setattr(warnings, "DEVICE_KINDS", (replace(CUDA, find=lambda: [replace(GPU, usable=usable)]), CPU))
    here = Device("cpu", "Eight cores", 32_000, 30_000, False, cores=8)
    told = warned(replace(case("135M"), device=here))
    assert told[code]["params"] == {"device": GPU.name}
    assert told[code].get("change") == ({"budget.device": "cuda:0"} if usable else None)
    assert not any(key.startswith("idle") for key in warned(case("135M", "desktop-8-32")))  # only planned for


# ------------------------------------------------------------------ days


def test_a_plan_of_days_says_what_a_day_holds() -> None:
    slow = case("phi", "desktop-8-32", rows=4000, training={"epochs": 3})
    told = warned(slow)["days_passes"]
    assert estimate(slow)["seconds"] > warnings.DAY
    quicker = applied(slow, told["change"])
    assert 0.9 * warnings.DAY < (estimate(quicker)["seconds"] or 0) <= warnings.DAY
    assert "days_passes" not in warned(quicker)
    allowed = case("phi", "desktop-8-32", rows=4000, budget={"minutes": 60 * 24 * 30})
    assert not any(code.startswith("days") for code in warned(allowed))
    assert "days" in warned(case("100B", "desktop-8-32", rows=4000))


def test_no_plan_of_days_is_the_best_and_a_smaller_model_is_tried() -> None:
    asked = search("8B", "m1-16", rows=4000)
    (first, *_) = chosen(asked.found, asked.goal)
    assert first.late
    small = LanguageModel(id=7, name="Small", config=MODELS["135M"], parameters=134_515_008)
    ready, *_ = [one for one in said_of_days(asked, first, lambda: [small]) if one["code"] == "warning.days_ready"]
    assert ready["change"] == {"base_model": 7}
    codes = [one["code"] for one in said_of_days(asked, first, list)]
    assert codes[-1] in ("warning.days_model", "warning.days_rows")


def test_passes_that_a_day_does_not_hold_are_not_cut_in_silence() -> None:
    asked = search("8B", "desktop-8-32", rows=4000)
    first, *others = chosen(asked.found, asked.goal)
    assert not any(plan.late for plan in (first, *others))
    (told,) = said_of_days(asked, first, list)
    assert (told["code"], told["params"]["of"]) == ("warning.days_cut", "4")
    roomy = search("8B", "desktop-8-32", rows=4000, minutes=told["change"]["budget.minutes"])
    assert any(plan.whole for plan in roomy.found)
    quick = search("135M", "rtx-4090", rows=4000)
    assert list(said_of_days(quick, chosen(quick.found, quick.goal)[0], list)) == []


# ------------------------------------------------------------------ learning rates


def test_rates_follow_the_size_of_the_base() -> None:
    for method in METHODS:
        rates = [rate for _least, rate in rates_of(method)]
        assert rates == sorted(rates, reverse=True)
        assert rate_for(method, None) == rate_for(method, 134_515_008) == method.defaults.get(RATE)  # as they were
        assert all(one.source for one in SHARES[method.family])
    lora, full = method_of("lora"), method_of("full")
    found = {size: (rate_for(lora, size), rate_for(full, size)) for size in (7 * 10**9, 13 * 10**9, 70 * 10**9)}
    assert found == {7 * 10**9: (2e-4, 2e-5), 13 * 10**9: (2e-4, 1e-5), 70 * 10**9: (1e-4, 5e-6)}


def test_a_rate_that_is_left_open_suits_and_ones_own_stays() -> None:
    for model in ("135M", "8B"):
        parameters = case(model).shape.parameters
        assert case(model).spec.training[RATE] == rate_for(method_of("lora"), parameters)
        assert case(model, training={RATE: 3e-4}).spec.training[RATE] == 3e-4
        assert not any(code.startswith("rate") for code in warned(case(model)))
    for plan in search("8B", "h100").found:
        assert plan.case.spec.training[RATE] == rate_for(plan.method, plan.work.shape.parameters)


def test_entrants_of_a_comparison_learn_at_the_rate_of_the_base() -> None:
    variant = next(one for one in method_of("lora").variants if RATE in one.training)
    entrants = [{"method": "lora"}, {"method": "full"}, {"method": "lora", "variant": variant.key}]
    entrants += [{"method": "qlora", "training": {RATE: 7e-4}}]
    raw: dict[str, Any] = {"name": "-", "base_model": 1, "dataset": 1, "entrants": entrants}

    def rates(parameters: int | None) -> list[float]:
        made = make_comparison(raw | {"parameters": parameters})
        again = stored_comparison(made.as_dict())  # entrants and seeds that join later
        return [spec.training[RATE] for spec in job_specs(again, {}, seeds=again.seeds[:1]).values()]

    assert rates(8 * 10**9) == [2e-4, 2e-5, variant.training[RATE], 7e-4]
    assert rates(None) == [1e-3, 5e-5, variant.training[RATE], 7e-4]  # one that was stored before


@pytest.mark.parametrize("method", [method.key for method in METHODS if method.capabilities.trains])
@pytest.mark.parametrize(("times", "code"), [(6, "rate_high"), (1 / 6, "rate_low"), (4, None), (1 / 4, None)])
def test_a_rate_that_does_not_suit_is_told_with_one_that_does(method: str, times: float, code: str | None) -> None:
    suits = rate_for(method_of(method), case().shape.parameters)
    assert suits is not None
    told = {
        key: one for key, one in warned(case(method=method, training={RATE: times * suits})).items() if "rate_" in key
    }
    assert list(told) == ([code] if code else [])
    if code:
        assert told[code]["change"] == {"training.learning_rate": suits}


def test_the_services_take_the_rate_from_the_model(ctx: Context) -> None:
    model, dataset = tiny.add_config(ctx, MODELS["8B"]), tiny.add_dataset(ctx)
    raw = {"base_model": model, "dataset": dataset, "method": "full"}
    codes = [one["code"] for one in estimates.plan(ctx, raw)["warnings"]]
    assert not any("rate" in code for code in codes)
    raw |= {"training": {RATE: method_of("full").defaults[RATE] * 3}}  # three times what suits the starter
    codes = [one["code"] for one in estimates.plan(ctx, raw)["warnings"]]
    assert "warning.rate_high" in codes
    small = raw | {"base_model": tiny.add_config(ctx, SMOLLM2, "Small")}
    assert "warning.rate_high" not in [one["code"] for one in estimates.plan(ctx, small)["warnings"]]
