"""Comparisons on a real database with real training of tiny models: all or nothing, one budget, and nobody's end is another's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.evaluation.comparison import spec as comparison_spec
from engine.methods import METHODS
from engine.services.comparisons import comparisons, views
from engine.services.comparisons.views import mean_series
from engine.services.jobs import lifecycle
from storage.comparison_tables import ComparisonEntry
from storage.job_tables import Job
from tests import forks, workers
from tests.tiny import add_dataset, add_model

SHARED = {"epochs": 3, "seeds": 2, "scored_answers": 3, "evaluations": 2, "max_length": 128}


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    """A tiny model and a small data set."""
    return add_model(ctx), add_dataset(ctx)


def form(inputs: tuple[int, int], *methods: str, **shared: Any) -> dict[str, Any]:
    """The raw form of a comparison on the processor."""
    return {
        "name": "Words", "base_model": inputs[0], "dataset": inputs[1], "device": "cpu",
        "entrants": [{"method": method} for method in methods], "shared": SHARED | shared,
    }  # fmt: skip


def queued(ctx: Context) -> int:
    """How many jobs there are."""
    with ctx.db.read() as s:
        return int(s.scalar(select(func.count()).select_from(Job)) or 0)


def entries(ctx: Context, comparison: int) -> list[tuple[str, int, int]]:
    """(entrant, seed, job) in order of their jobs."""
    with ctx.db.read() as s:
        mine = select(ComparisonEntry).where(ComparisonEntry.comparison_id == comparison)
        return [(one.entrant, one.seed, one.job_id) for one in s.scalars(mine.order_by(ComparisonEntry.job_id))]


def rows_of(ctx: Context, comparison: int) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in views.comparison_view(ctx, comparison)["rows"]}


@pytest.mark.slow
def test_two_entrants_with_two_seeds_from_the_form_to_the_table(ctx: Context, inputs: tuple[int, int]) -> None:
    raw = form(inputs, "lora", "full")
    comparison = comparisons.start_comparison(ctx, raw, key="once")
    assert comparisons.start_comparison(ctx, raw, key="once") == comparison
    made = entries(ctx, comparison)
    assert [(entrant, seed) for entrant, seed, _ in made] == [("lora", 42), ("full", 42), ("lora", 43), ("full", 43)]
    specs = [workers.row(ctx, job).spec["training"] for *_, job in made]
    assert {(one["epochs"], one["batch_size"], one["max_length"], one["scored_answers"]) for one in specs} == {
        (3, 8, 128, 3)
    }
    assert len({one["learning_rate"] for one in specs}) == 2

    workers.run_here(ctx)
    broken = workers.claim(ctx)[0]
    with ctx.db.write() as s:
        s.get_one(Job, broken).status = "failed"
    halfway = rows_of(ctx, comparison)
    assert (halfway["lora"]["state"], halfway["full"]["state"]) == ("waiting", "waiting")
    assert workers.run_forked(ctx).status == "succeeded"  # a process of its own, after another one failed
    workers.run_here(ctx)

    view = views.comparison_view(ctx, comparison)
    table = {row["key"]: row for row in view["rows"]}
    assert (view["active"], view["state"], table["lora"]["state"], table["full"]["state"]) == (
        False,
        "partly",
        "done",
        "partly",
    )
    lora, full, base = (table[key]["cells"] for key in ("lora", "full", "base"))
    assert (lora["loss"]["runs"], full["loss"]["runs"]) == (2, 1)
    assert lora["loss"]["spread"] > 0
    assert full["loss"]["spread"] is None
    assert full["loss"]["mean"] < base["loss"]["mean"]
    assert {"exact", "chrf", "seconds", "tokens_per_s", "memory_mb", "disk"} <= lora.keys()
    assert table["full"]["counts"]["trained"] > table["lora"]["counts"]["trained"] > 0

    curves = views.comparison_curves(ctx, comparison)
    assert [len(curves[key]["val_loss"]) for key in ("lora", "full")] == [3, 3]
    answers = views.comparison_answers(ctx, comparison)
    assert len(answers) == 3
    assert all(set(one["answers"]) == {"lora", "full"} and one["expected"] for one in answers)

    comparisons.run_again(ctx, comparison, broken)
    assert workers.run_here(ctx).id == broken
    assert rows_of(ctx, comparison)["full"]["cells"]["loss"]["runs"] == 2


@pytest.mark.slow
def test_scores_survive_an_interruption(ctx: Context, inputs: tuple[int, int]) -> None:
    comparison = comparisons.start_comparison(ctx, form(inputs, "lora", seeds=1, epochs=8), key="")
    [(_, _, job)] = entries(ctx, comparison)
    claimed = workers.claim(ctx)
    process = forks.worker(ctx, *claimed)
    workers.wait_until(lambda: len(workers.series(ctx, job, "val_loss")) >= 2)
    process.kill()
    process.wait()
    with ctx.db.write() as s:
        s.get_one(Job, job).status = "interrupted"
    lifecycle.resume_job(ctx, job)
    result = workers.run_here(ctx).result
    assert (result["answers"]["count"], result["answers"]["base_chrf"] is not None) == (3, True)
    assert result["base_val_loss"] == pytest.approx(workers.series(ctx, job, "val_loss")[0], rel=1e-4)


def test_an_entrant_that_cannot_work_is_named_and_nothing_is_queued(ctx: Context, inputs: tuple[int, int]) -> None:
    raw = form(inputs, "lora", "full")
    raw["entrants"][1]["training"] = {"quantisation": "nf4"}
    with pytest.raises(SpecError) as refused:
        comparisons.start_comparison(ctx, raw, key="")
    assert list(refused.value.faults) == ["entrants.full.training.quantisation"]
    raw["entrants"][1] = {"method": "full", "training": {"epochs": 9}}
    with pytest.raises(SpecError) as refused:
        comparisons.start_comparison(ctx, raw, key="")
    assert refused.value.faults["entrants.full.training.epochs"]["code"] == "comparison.held_equal"
    assert (queued(ctx), views.list_comparisons(ctx)) == (0, [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entrants": []}, "entrants"),
        ({"entrants": [{"method": "magic"}]}, "entrants.magic"),
        ({"name": " "}, "name"),
        ({"shared": {"seeds": 6}}, "shared.seeds"),
        ({"base_model": 99}, "base_model"),
        ({"device": "cuda:7"}, "budget.device"),
        ({"memory_mb": "much"}, "budget.memory_mb"),
    ],
)
def test_a_wrong_form_is_refused_by_field(
    ctx: Context, inputs: tuple[int, int], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(SpecError) as refused:
        comparisons.start_comparison(ctx, form(inputs, "lora") | changes, key="")
    assert field in refused.value.faults
    assert queued(ctx) == 0


def test_every_method_and_variant_can_be_planned_with_the_others(ctx: Context, inputs: tuple[int, int]) -> None:
    chosen = [
        {"method": method.key, "variant": variant.key if variant else None}
        for method, variant in comparison_spec.offered()
    ]
    everyone = form(inputs, seeds=2) | {"entrants": chosen}
    plan = comparisons.plan_comparison(ctx, everyone)
    assert plan["jobs"] == 2 * len(everyone["entrants"])
    assert {method.key for method in METHODS} & set(plan["entrants"])
    assert [key for key, cost in plan["entrants"].items() if "error" in cost and "seconds" in cost] == []


@pytest.mark.slow
def test_by_time_everyone_gets_the_same_minutes(ctx: Context, inputs: tuple[int, int]) -> None:
    raw = form(inputs, "lora", "full", held="time", minutes=0.1, seeds=1)
    comparison = comparisons.start_comparison(ctx, raw, key="")
    for _entrant, _seed, job in entries(ctx, comparison):
        spec = workers.row(ctx, job).spec
        assert (spec["budget"]["minutes"], spec["training"]["schedule"]) == (0.1, "constant_with_warmup")
        assert spec["training"]["epochs"] > 20
    assert comparisons.plan_comparison(ctx, raw)["seconds"] == pytest.approx(12.0)
    ended = workers.run_here(ctx)
    assert (ended.status, ended.result["ended"]) == ("stopped", "time")
    assert ended.finished_at - ended.started_at < 9
    assert rows_of(ctx, comparison)["lora"]["partial"] is False


def test_joining_repeating_stopping_and_forgetting(ctx: Context, inputs: tuple[int, int]) -> None:
    comparison = comparisons.start_comparison(ctx, form(inputs, "lora", seeds=1), key="")
    comparisons.add_entrant(ctx, comparison, {"method": "full"})
    comparisons.add_entrant(ctx, comparison, {"method": "full"})
    comparisons.add_seed(ctx, comparison)
    places = [(entrant, seed) for entrant, seed, _ in entries(ctx, comparison)]
    assert places == [("lora", 42), ("full", 42), ("lora", 43), ("full", 43)]
    view = views.comparison_view(ctx, comparison)
    assert (len(view["rows"]), view["spec"]["shared"]["seeds"]) == (3, 2)
    comparisons.stop_comparison(ctx, comparison)
    first = entries(ctx, comparison)[0][2]
    assert {job["status"] for job in lifecycle.list_jobs(ctx)} == {"cancelled"}
    comparisons.run_again(ctx, comparison, first)
    assert entries(ctx, comparison)[-1][:2] == ("lora", 42)
    with pytest.raises(Fault, match="still_runs"):
        comparisons.run_again(ctx, comparison, entries(ctx, comparison)[-1][2])
    comparisons.delete_comparison(ctx, comparison)
    assert (views.list_comparisons(ctx), len(lifecycle.list_jobs(ctx))) == ([], 5)
    with pytest.raises(NotFound):
        views.comparison_view(ctx, comparison)


def test_the_mean_of_curves_keeps_to_steps_that_all_have() -> None:
    assert mean_series([[(0, 3.0), (5, 1.0)], [(0, 2.0), (5, 2.0), (9, 1.0)]]) == [(0, 2.5), (5, 1.5)]
    assert mean_series([]) == []
