"""From a budget to plans: what is offered fits, is ranked as promised, and "nothing fits" says what would."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from engine.base_formats import BASE_FORMATS
from engine.base_formats.as_is import AS_IS
from engine.base_formats.int8 import INT8
from engine.base_formats.nf4 import NF4
from engine.core.hardware import Device
from engine.data.templates.lengths import LengthTable
from engine.devices import kind_of
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.jobs.spec import make_spec
from engine.methods import METHODS, method_of
from engine.optimizers import OPTIMIZERS
from engine.optimizers.adamw import ADAMW
from engine.planner.budget import catalogue
from engine.planner.budget.goals import FAMILIES, GOALS, Learning, quality
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.verdict import FewerFiles, disk_verdict, memory_verdict
from engine.planner.plan_estimate import PlanCase, estimate, workload
from engine.planner.search.infeasible import smallest_change
from engine.planner.search.offers import chosen, reasons
from engine.planner.search.search import Search, score
from storage.tables import Dataset, LanguageModel
from tests.unit.test_planner import CONFIGS, SMOLLM2

MODELS: dict[str, dict[str, Any]] = {
    "135M": SMOLLM2,
    "8B": CONFIGS["Llama-3-8B"][0],
    "phi": CONFIGS["Phi-3-mini"][0],
    "47B-moe": {
        "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000, "num_local_experts": 8,
        "num_experts_per_tok": 2, "tie_word_embeddings": False,
    },
    "100B": SMOLLM2 | {"hidden_size": 12288, "intermediate_size": 32768, "num_hidden_layers": 64,
                       "num_attention_heads": 96, "num_key_value_heads": 96, "head_dim": 128},
}  # fmt: skip
DEVICES = ("rtx-3050", "rtx-4090", "t4", "h100", "b200", "m3-max-64", "laptop-4-8", "server-96-512")


@cache
def table(rows: int = 150) -> LengthTable:
    """Lengths as real data has them: most are short, few are long."""
    drawn = random.Random(7)

    def some(n: int) -> list[tuple[int, list[list[int]]]]:
        lengths = [max(12, int(drawn.lognormvariate(5.3, 0.6))) for _ in range(n)]
        return [(length, [[length // 2, length]]) for length in lengths]

    return LengthTable(some(rows), some(20))


def search(model: str, device: str | Device, *, rows: int = 150, free_mb: int = 10**6, **budget: Any) -> Search:
    """A question about one of the models; `budget` as in a spec."""
    there = device if isinstance(device, Device) else catalogue.device_of(device)
    raw = {"name": "-", "base_model": 1, "dataset": 1, "method": METHODS[0].key, "budget": budget}
    language_model = LanguageModel(config=MODELS[model], parameters=None, context_length=8192)
    return Search(PlanCase(make_spec(raw), language_model, Dataset(val_rows=20), there, table(rows), {}, free_mb))


# ------------------------------------------------------------------ the catalogue


def test_every_device_of_the_catalogue_is_complete_and_can_be_planned_for() -> None:
    assert len({entry.key for entry in catalogue.CATALOGUE}) == len(catalogue.CATALOGUE) > 80
    for entry in catalogue.CATALOGUE:
        device = catalogue.device_of(entry.key)
        assert kind_of(device) is entry.kind
        assert (entry.kind is CUDA) == (entry.shelf == "gpu") == bool(entry.capability) == bool(entry.tflops)
        assert device.memory_mb >= 4000
        assert entry.bandwidth > 40
        assert entry.source
        assert entry.bf16 == (entry.kind is CUDA and entry.capability >= (8, 0))  # type: ignore[operator]
        assert entry.kind is CUDA or entry.cores
        assert not entry.key.startswith("cuda")
        raw = {"name": "-", "base_model": 1, "dataset": 1, "method": "lora", "budget": {"device": entry.key}}
        assert make_spec(raw).budget.device == entry.key


@pytest.mark.parametrize(
    ("driver_says", "key"),
    [
        ("NVIDIA GeForce RTX 4090", "rtx-4090"), ("NVIDIA GeForce RTX 4090 Laptop GPU", "rtx-4090-laptop"),
        ("NVIDIA A100-SXM4-80GB", "a100"), ("Tesla T4", "t4"), ("NVIDIA H100 80GB HBM3", "h100"), ("NVIDIA L40S", "l40s"),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", "rtx-4070-ti-super"), ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada"),
        ("NVIDIA GeForce RTX 3050 Laptop GPU", None), ("Quadro K2000", None),
    ],
)  # fmt: skip
def test_speeds_are_found_by_the_name_that_the_driver_gives(driver_says: str, key: str | None) -> None:
    found = catalogue.entry_named(driver_says, CUDA)
    assert found is None if key is None else found is not None and found.key.startswith(key)
    assert catalogue.entry_named(driver_says, CPU) is None


# ------------------------------------------------------------------ the score


def test_everything_that_can_be_offered_has_a_named_basis() -> None:
    assert {method.family for method in METHODS} <= FAMILIES.keys()
    tried = [one.quality for one in (*BASE_FORMATS, *OPTIMIZERS) if one.quality is not None]
    assert all(basis.source for basis in (*FAMILIES.values(), *tried))


def test_quality_follows_data_passes_and_room() -> None:
    lora, whole = method_of("lora"), method_of("full")
    full = Learning(1.0, 500, 50_000, 5_000_000, 4)

    def of(**other: Any) -> float:
        return quality(lora, AS_IS, ADAMW, replace(full, **other))

    assert of() == 1.0
    assert of(epochs=1) < of(epochs=2) < of(epochs=4) == of(epochs=8)
    assert of(whole=0.9) < of(whole=0.99) < of()
    assert of(trainable=5_000) < of(trainable=20_000) < of()
    assert quality(lora, NF4, ADAMW, full) < quality(lora, INT8, ADAMW, full) < of()
    assert quality(whole, AS_IS, ADAMW, full) < of()  # few examples: it forgets more than it gains
    assert quality(whole, AS_IS, ADAMW, replace(full, examples=50_000)) == of()


# ------------------------------------------------------------------ what is offered


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("device", DEVICES)
def test_every_offer_fits_and_the_goals_hold(model: str, device: str) -> None:
    goal = GOALS[(list(MODELS).index(model) + DEVICES.index(device)) % len(GOALS)]
    asked = search(model, device, minutes=60 * 24, goal=goal)
    offered = chosen(asked.found, goal)
    if not offered:
        return
    assert len(offered) <= 5
    for plan in offered:
        numbers = estimate(plan.case)
        assert numbers["verdict"]["ok"], numbers["verdict"]
        assert numbers["memory"]["total_mb"] <= numbers["memory"]["limit_mb"] <= catalogue.device_of(device).memory_mb
        assert numbers["seconds"] <= 24 * 3600
        assert numbers["steps"] == plan.steps > 0
        assert abs(numbers["memory"]["total_mb"] - plan.memory_mb) <= len(numbers["memory"]["items"])
        assert numbers["seconds"] == pytest.approx(plan.seconds, rel=0.02, abs=1)
    good = [plan for plan in offered if score(plan, "fastest")[0] == score(offered[0], "fastest")[0]]
    assert goal != "fastest" or offered[0].seconds == min(plan.seconds for plan in good)
    assert goal != "smallest" or offered[0].memory_mb == min(plan.memory_mb for plan in good)
    assert goal != "quality" or round(offered[0].quality, 3) == max(round(plan.quality, 3) for plan in offered)


@pytest.mark.parametrize("objective", ["grpo", "ppo", "online_dpo"])
def test_where_the_model_writes_a_plan_leaves_room_for_whole_questions_and_answers(objective: str) -> None:
    """Questions alone are short: a limit that holds no more than them would cut all answers."""
    short = LengthTable([(length, [[0, length]]) for length in range(20, 38)], [(30, [[0, 30]])])
    for longest in (24, 100):
        base = search("135M", "laptop-4-8").base
        spec = replace(base.spec, objective=objective, training={**base.spec.training, "answer_tokens": longest})
        (limit,) = Search(replace(base, spec=spec, table=short)).lengths
        assert limit >= 37 + longest
        assert limit // 2 >= longest


def test_offers_differ_and_say_what_for() -> None:
    asked = search("8B", "rtx-4090")
    offered = list(reasons(chosen(asked.found, asked.goal), asked.goal))
    assert 3 <= len(offered) <= 5
    assert len(
        {(plan.method.key, plan.work.base_format.key, plan.max_length, plan.epochs) for plan, _ in offered}
    ) == len(offered)
    assert offered[0][1] == "quality"
    assert {"fastest", "smallest"} <= {reason for _, reason in offered}


def test_the_order_is_always_the_same() -> None:
    def keys(asked: Search) -> list[Any]:
        return [(plan.method.key, plan.case.spec.training) for plan in asked.found]

    assert keys(search("135M", "desktop-8-32")) == keys(search("135M", "desktop-8-32"))


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize(("model", "device", "limits"), [
    ("135M", "desktop-8-32", (1200, 1600, 2000, 2600, 3500, 6000, 12_000)),
    ("8B", "h100", (7_000, 9_000, 12_000, 18_000, 24_000, 48_000, 80_000)),
])  # fmt: skip
def test_more_memory_never_makes_the_best_plan_worse(
    goal: str, model: str, device: str, limits: tuple[int, ...]
) -> None:
    best: tuple[float, ...] | None = None
    for memory_mb in limits:
        found = search(model, device, memory_mb=memory_mb, minutes=45, goal=goal).found
        assert best is None or found
        if found:
            now = score(found[0], goal)
            assert best is None or now <= best
            best = now
    assert best is not None


def test_more_time_means_more_passes_and_less_time_fewer() -> None:
    passes = [search("135M", "desktop-8-32", minutes=minutes).found[0] for minutes in (3, 6, 60)]
    assert [plan.epochs for plan in passes] == sorted(plan.epochs for plan in passes)
    assert passes[0].epochs < passes[-1].epochs == 4
    assert all(plan.seconds <= minutes * 60 for plan, minutes in zip(passes, (3, 6, 60), strict=True))


def test_checkpoints_give_way_to_the_disk() -> None:
    roomy = search("8B", "rtx-4090").found[0]
    need = estimate(roomy.case)["disk_mb"]
    tight = search("8B", "rtx-4090", free_mb=need - 1).found[0]
    assert (roomy.case.spec.training["keep_checkpoints"], tight.case.spec.training["keep_checkpoints"]) == (2, 1)


# ------------------------------------------------------------------ nothing fits


@pytest.mark.parametrize(
    ("model", "device", "budget", "code"),
    [
        ("135M", "desktop-8-32", {"minutes": 0.3}, "nothing.time_passes"),
        ("135M", "desktop-8-32", {"disk_mb": 20}, "nothing.disk_limit"),
        ("135M", "desktop-8-32", {"memory_mb": 500}, "nothing.memory"),
        ("135M", "desktop-8-32", {"memory_mb": 500, "minutes": 1}, "nothing.memory_time"),
        ("135M", "desktop-8-32", {"disk_mb": 20, "minutes": 0.3}, "nothing.time_disk"),
        ("8B", "rtx-4090", {"memory_mb": 6000}, "nothing.memory"),
    ],
)  # fmt: skip
def test_when_nothing_fits_the_change_really_helps(model: str, device: str, budget: dict[str, Any], code: str) -> None:
    asked = search(model, device, **budget)
    assert asked.found == []
    verdict = smallest_change(asked)
    assert verdict.code == code
    larger = {field.removeprefix("budget."): value for field, value in verdict.change.items()}
    assert search(model, device, **(budget | larger)).found


def test_shorter_examples_are_proposed_where_they_are_enough() -> None:
    asked = search("135M", "desktop-8-32", goal="quality")
    need = min(smallest_mb(case) for case in asked.candidates(asked.lengths))
    tight = search("135M", "desktop-8-32", memory_mb=need - 20)
    verdict = smallest_change(tight)
    assert verdict.code == "nothing.shorter_or_memory"
    assert verdict.change["training.max_length"] < min(tight.lengths)
    shorter = tight.fitting((verdict.change["training.max_length"],))
    assert any(tight.changes_of(plan) == verdict.change for plan in shorter)
    assert search("135M", "desktop-8-32", memory_mb=verdict.params["need_mb"]).found


def smallest_mb(case: PlanCase) -> int:
    small = replace(case, spec=replace(case.spec, budget=replace(case.spec.budget, goal="smallest")))
    return total_mb(workload(small, small.counts()[0]))


@pytest.mark.parametrize("rows", [[], [(30, [])], [(40_000, [[39_000, 40_000]])]])
def test_data_without_anything_to_learn_is_said_to_be_so(rows: list[Any]) -> None:
    asked = search("135M", "desktop-8-32", memory_mb=100)
    empty = replace(asked, base=replace(asked.base, table=LengthTable(rows, [])))
    assert empty.found == []
    assert smallest_change(empty).code == "nothing.data"


def test_for_a_model_that_is_too_large_a_size_and_a_device_are_named() -> None:
    asked = search("100B", "rtx-3060")
    verdict = smallest_change(asked)
    assert verdict.code == "nothing.smaller_model"
    device = next(entry for entry in catalogue.CATALOGUE if entry.name == verdict.params["device"])
    assert search("100B", device.key).found
    assert float(verdict.params["parameters"].removesuffix("B")) < 20
    assert smallest_change(search("135M", "desktop-8-32", memory_mb=90, minutes=1)).code != "nothing.smaller_model"


# ------------------------------------------------------------------ one plan's verdict


def test_a_plan_that_does_not_fit_is_told_about_quantising_and_the_optimizer() -> None:
    plan = search("8B", "h100").found[0]
    work = replace(plan.work, tokens=256, base_format=AS_IS, recompute=True)
    quantised = memory_verdict(work, total_mb(work) - 3000)
    assert (quantised.code, quantised.params["bits"]) == ("verdict.quantised", 8)
    assert quantised.change == {"training.quantisation": "int8"}
    whole = replace(work, method=method_of("full"), values={})
    leaner = memory_verdict(whole, total_mb(whole) - 3000)
    assert leaner.code == "verdict.optimizer"
    smaller = memory_verdict(work, 3500)
    assert (smaller.code, smaller.params["parameters"][-1]) == ("verdict.smaller_model", "B")


def test_a_full_disk_is_told_how_many_checkpoints_fit() -> None:
    assert disk_verdict(100, 100) is None
    fewer = disk_verdict(100, 80, FewerFiles({"keep_checkpoints": 1}, 1, 70))
    assert fewer is not None
    assert (fewer.code, fewer.change) == ("verdict.disk_fewer", {"training.keep_checkpoints": 1})
    plan = search("8B", "rtx-4090").found[0]
    tight = replace(plan.case, disk_free_mb=estimate(plan.case)["disk_mb"] - 1)
    verdict = estimate(tight)["verdict"]
    assert verdict["change"] == {"training.keep_checkpoints": 1}
    assert verdict["params"]["then_mb"] <= tight.disk_limit_mb
    tighter = replace(plan.case, disk_free_mb=verdict["params"]["then_mb"] - 1)
    verdict = estimate(tighter)["verdict"]
    assert verdict["code"] == "verdict.disk_last"
    assert verdict["change"]["training.model_from"] == "last"
    assert verdict["params"]["then_mb"] <= tighter.disk_limit_mb
