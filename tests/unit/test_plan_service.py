"""Plans as pages and the command line get them: budgets, counting, the service, and devices that are not here."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from engine.commands.arguments import parse
from engine.commands.console import Console
from engine.commands.plan import plan as print_plans
from engine.commands.reserve import megabytes
from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.data.templates.lengths import LengthTable, count
from engine.jobs.spec import make_spec
from engine.methods import method_of
from engine.services.jobs import lifecycle
from engine.services.planning import estimates, plan_search, spec_repair
from tests import tiny
from tests.unit.test_planner import SMOLLM2
from tests.unit.test_plans import table
from webui.i18n import error_text, t

RAW: dict[str, Any] = {"name": "-", "base_model": 1, "dataset": 1, "method": "lora"}


@pytest.mark.parametrize("over_length", ["truncate", "drop", "split"])
def test_counting_by_index_is_counting(over_length: str) -> None:
    rows = [(5, []), *table().train, (900, [[10, 20], [800, 900]])]
    index = LengthTable(rows, [], 1.5).train_index
    for limit in (16, 100, 300, 5000):
        plain, indexed = count(rows, 1.5, limit, over_length), index.count(limit, over_length)
        assert sorted(plain.lengths) == sorted(indexed.lengths)
        assert replace(plain, lengths=[]) == replace(indexed, lengths=[])


def test_a_budget_is_checked_whole_and_old_ones_still_read() -> None:
    assert make_spec(RAW | {"version": 2, "budget": {"device": "cpu", "minutes": 5}}).budget.goal == "quality"
    read = make_spec(RAW | {"budget": {"device": "rtx-4090", "disk_mb": "500", "goal": "smallest"}}).budget
    assert (read.disk_mb, read.goal, read.device) == (500, "smallest", "rtx-4090")
    with pytest.raises(SpecError) as wrong:
        make_spec(RAW | {"budget": {"device": "rtx-9999", "disk_mb": -1, "goal": "cheapest", "minutes": "soon"}})
    assert set(wrong.value.faults) == {"budget.device", "budget.disk_mb", "budget.goal", "budget.minutes"}


@pytest.fixture
def asked(ctx: Context) -> dict[str, Any]:
    """A raw spec that says nothing of how to train. Of the model there are config.json and tokenizer alone, no weights."""
    return {"base_model": tiny.add_config(ctx, SMOLLM2), "dataset": tiny.add_dataset(ctx)}


def test_the_service_offers_plans_that_are_plans(ctx: Context, asked: dict[str, Any]) -> None:
    budget = {"memory_mb": 4000, "minutes": 60, "goal": "smallest"}
    raw = asked | {"budget": budget, "method": "lora", "method_params": {"rank": 4}, "training": {"train_on": "all"}}
    found = plan_search.offers(ctx, raw)
    assert found["nothing"] is None
    assert [offer["best"] for offer in found["offers"]] == [True, *[False] * (len(found["offers"]) - 1)]
    for offer in found["offers"]:
        taken = spec_repair.changed(raw, offer["changes"])
        assert make_spec(taken | {"name": "-"}).method == offer["method"]
        plan = estimates.plan(ctx, taken)
        assert plan["verdict"]["ok"]
        assert {key: plan[key] for key in ("memory", "time", "steps")} == {key: offer[key] for key in ("memory", "time", "steps")}  # fmt: skip
        assert plan["disk"]["items"] == offer["disk"]["items"]
        assert taken["training"]["train_on"] == "all"
        assert offer["method"] != "lora" or taken["method_params"] == {"rank": 4}


def test_minutes_are_said_as_roughly_as_on_the_cards() -> None:
    assert [plan_search.rough_minutes(one) for one in (12, 204, 431, 4662)] == [0.2, 3.5, 7.0, 80]


def test_an_answer_behind_the_cut_is_left_out_and_the_offer_says_so(ctx: Context, asked: dict[str, Any]) -> None:
    rows = tiny.chat_rows(300)
    rows[5]["messages"][0]["content"] = "about the basket and the tower " * 150
    raw = asked | {"dataset": tiny.add_dataset(ctx, rows, name="One long question")}
    found = {offer["max_length"]: offer for offer in plan_search.offers(ctx, raw)["offers"]}
    assert (found[max(found)]["dropped"], found[min(found)]["dropped"]) == (0, 1)
    assert not found[max(found)]["why"]["code"].endswith("_cut")
    assert found[min(found)]["why"]["code"].endswith("_cut")
    assert found[min(found)]["why"]["params"]["cut"] == 1


def test_where_no_training_fits_the_examples_are_shown_instead(ctx: Context, asked: dict[str, Any]) -> None:
    learnt = min(offer["disk"]["total_mb"] for offer in plan_search.offers(ctx, asked)["offers"])
    found = plan_search.offers(ctx, asked | {"budget": {"disk_mb": learnt // 3}})
    assert [method_of(offer["method"]).capabilities.trains for offer in found["offers"]] == [False]
    assert (found["offers"][0]["why"]["code"], found["nothing"]["code"]) == ("why.shots", "nothing.disk_limit")
    assert found["offers"][0]["steps"] == 0
    enough = plan_search.offers(ctx, asked | {"budget": {"disk_mb": found["nothing"]["change"]["budget.disk_mb"]}})
    assert enough["nothing"] is None
    assert len(enough["offers"]) >= 1


def test_a_device_of_the_catalogue_can_be_planned_for_but_not_started_on(ctx: Context, asked: dict[str, Any]) -> None:
    raw = asked | {"name": "Try", "method": "lora", "budget": {"device": "rtx-4090"}}
    assert estimates.plan(ctx, raw)["precision"]["dtype"] == "bf16"
    assert plan_search.offers(ctx, raw)["device"]["name"] == "NVIDIA RTX 4090"
    with pytest.raises(Fault) as refused:
        lifecycle.start_job(ctx, raw, key="")
    assert (refused.value.code, refused.value.params) == ("device.planned_only", {"name": "NVIDIA RTX 4090"})
    assert {device["key"] for device in plan_search.catalogue()} > {"rtx-4090", "m4-max-64"}


@pytest.mark.parametrize(
    ("language", "memory", "code", "said"),
    [
        ("en", "6GB", 0, "Best quality that fits"), ("zh", "6GB", 0, "质量最好"),
        ("en", "300MB", 1, "Nothing fits into 0.30 GB of memory"),
    ],
)  # fmt: skip
def test_the_command_prints_what_fits(
    ctx: Context, asked: dict[str, Any], language: str, memory: str, code: int, said: str
) -> None:
    console = Console(language, t, error_text, out=io.StringIO())
    given = [
        "--model",
        str(asked["base_model"]),
        "--data",
        str(asked["dataset"]),
        "--device",
        "rtx-4090",
        "--memory",
        memory,
    ]
    assert print_plans(console, ctx, parse(console, ["plan", *given])) == code
    assert isinstance(console.out, io.StringIO)
    printed = console.out.getvalue()
    assert said in printed
    assert "NVIDIA RTX 4090" in printed
    assert "plan." not in printed


def test_sizes_are_read_with_their_unit() -> None:
    assert [megabytes(size) for size in ("6GB", "1.5 gb", "800MB", None)] == [6000, 1500, 800, None]
    with pytest.raises(Fault) as refused:
        megabytes("much")
    assert refused.value.code == "cli.bad_size"
