"""A limit of time in a plan: every part counts, what is proposed keeps to it, and what cannot begin is said to."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.evaluation.comparison.spec import OnePass, make_comparison, raw_job
from engine.planner.time.limit import EXTRAS_SHARE, TOO_SHORT
from engine.planner.time.units import UnitTimes
from engine.services.comparisons import comparisons
from engine.services.planning import estimates
from tests import tiny
from tests.unit.test_plan_time import STARTER

UNITS = UnitTimes(
    start=10.0, base_answers=40.0, answers=30.0, base_samples=8.0, samples=4.0, score=6.0, step=2.0, save=1.0, result=3.0,
    steps=50, checks=4, first=True,
)  # fmt: skip


def test_preparation_training_and_tail_are_the_whole_job_and_so_are_its_parts() -> None:
    assert UNITS.prepare == 10 + 40 + 6 + 8
    assert UNITS.training == 50 * 2 + 3 * (6 + 4 + 1)
    assert UNITS.tail == 6 + 4 + 1 + 30 + 3
    assert UNITS.seconds == pytest.approx(sum(UNITS.parts.values()))
    slow = UNITS.corrected(lambda part, seconds: seconds * (3 if part == "answers" else 1))
    assert slow.parts == UNITS.parts | {"answers": 3 * UNITS.parts["answers"]}


@pytest.fixture
def spec(ctx: Context) -> dict[str, Any]:
    """A job of a minute or two on the processor, with everything that takes time besides steps."""
    model = tiny.add_config(ctx, STARTER | {"max_position_embeddings": 8192})
    data = tiny.add_dataset(ctx, tiny.chat_rows(300), held_out=60)
    training = {"epochs": 3, "evaluations": 6, "scored_answers": 40}
    return {"base_model": model, "dataset": data, "method": "lora", "training": training, "budget": {"device": "cpu"}}


def limited(spec: dict[str, Any], minutes: float, change: dict[str, Any] | None = None) -> dict[str, Any]:
    training = {key.removeprefix("training."): value for key, value in (change or {}).items()}
    return {**spec, "training": spec["training"] | training, "budget": {"device": "cpu", "minutes": minutes}}


@pytest.mark.parametrize("share", [0.9, 0.6, 0.4, 0.25])
def test_what_is_proposed_keeps_to_the_limit_with_all_its_parts(
    ctx: Context, spec: dict[str, Any], share: float
) -> None:
    whole = estimates.plan(ctx, spec)["seconds"]
    assert whole is not None
    minutes = share * whole / 60
    verdict = estimates.plan(ctx, limited(spec, minutes))["verdict"]
    assert verdict["code"] in ("verdict.time", "verdict.time_less"), verdict
    then = estimates.plan(ctx, limited(spec, minutes, verdict["change"]))
    assert then["seconds"] is not None
    assert then["verdict"]["ok"]
    assert 0.5 * 60 * minutes < then["seconds"] <= 60 * minutes


def test_a_limit_without_room_for_a_step_is_said_to_be_too_short(ctx: Context, spec: dict[str, Any]) -> None:
    parts = {part["key"]: part["seconds"] for part in (estimates.plan(ctx, spec)["time"] or {})["parts"]}
    verdict = estimates.plan(ctx, limited(spec, parts["start"] / 60))["verdict"]
    assert (verdict["code"], verdict["ok"]) == (TOO_SHORT, False)
    assert estimates.plan(ctx, limited(spec, verdict["change"]["budget.minutes"]))["verdict"]["ok"]


def test_the_plan_warns_of_extras_that_a_limit_leaves_no_room_for(ctx: Context, spec: dict[str, Any]) -> None:
    def warned(minutes: float | None) -> list[str]:
        raw = spec if minutes is None else limited(spec, minutes)
        return [one["code"] for one in estimates.plan(ctx, raw)["warnings"] if one["code"] == "warning.extras"]

    whole = estimates.plan(ctx, spec)["seconds"] or 0.0
    assert (warned(None), warned(whole * 2 / EXTRAS_SHARE / 60)) == ([], [])
    assert warned(0.3 * whole / 60) == ["warning.extras"]


# ------------------------------------------------------------------ comparisons by time


def test_a_comparison_says_of_each_job_whether_its_time_holds_a_first_step(ctx: Context, spec: dict[str, Any]) -> None:
    named = {key: spec[key] for key in ("base_model", "dataset")}
    raw = {"name": "By time", **named, "entrants": [{"method": "lora"}], "device": "cpu"}

    def verdict(minutes: float) -> str:
        shared = {"held": "time", "minutes": minutes, "seeds": 1}
        costs = comparisons.plan_comparison(ctx, raw | {"shared": shared})["entrants"].values()
        return next(iter(costs))["verdict"]["code"]

    assert (verdict(0.1), verdict(60)) == (TOO_SHORT, "verdict.fits")


def test_the_passes_of_a_job_by_time_count_what_comes_around_them() -> None:
    spec = make_comparison(
        {"name": "Two", "base_model": 1, "dataset": 1, "entrants": [{"method": "lora"}],
         "shared": {"held": "time", "minutes": 10, "evaluations": 4}},
    )  # fmt: skip
    entrant = spec.entrants[0]
    alone, around, long = (
        raw_job(spec, entrant, 1, OnePass(60.0, 50.0, seconds))["training"]["epochs"] for seconds in (0.0, 300.0, 9e9)
    )
    assert (alone, around, 0 < long < around) == (100, 50, True)
