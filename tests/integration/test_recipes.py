"""Recipes of several jobs: later stages wait for earlier ones, begin with their weights, and are held where those fail."""

from __future__ import annotations

from typing import Any

import pytest

from engine import recipes as declared
from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.text import verbatim
from engine.evaluation import sampling
from engine.jobs.linked import settle_linked
from engine.objectives import objective_of
from engine.recipes.declaration import RecipeStage, TrainingRecipe
from engine.recipes.sft_then_dpo import SFT_THEN_DPO
from engine.services.jobs import lifecycle, spec_files
from engine.services.recipes.recipes import go_on, plan_recipe, start_recipe, stop_recipe
from engine.services.recipes.views import recipe_run, recipe_runs
from storage.job_tables import Job, JobStatus
from storage.queries import linked_jobs
from tests import tiny, workers
from tests.training_jobs import TRAINING, tuned

pytestmark = pytest.mark.slow
SAID = verbatim("Twice")
TWICE = TrainingRecipe(
    key="twice", label=SAID, tagline=SAID, help=SAID, paper="-",
    stages=(
        RecipeStage("one", SAID, SAID, ("sft",)),
        RecipeStage("two", SAID, SAID, ("sft", "pretraining"), goes_on="one"),
        RecipeStage("three", SAID, SAID, ("sft",), goes_on="two"),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe of the usual objective alone, and short sample answers."""
    monkeypatch.setattr(declared, "RECIPES", (TWICE,))
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)


@pytest.fixture
def form(ctx: Context) -> dict[str, Any]:
    model, dataset = tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(40), held_out=8)
    stage = {"dataset": dataset, "training": TRAINING | {"epochs": 1}}
    stages = {"one": stage, "two": stage | {"training": TRAINING | {"epochs": 2}}, "three": stage}
    return {
        "recipe": "twice", "name": "Both", "base_model": model, "method": "lora", "method_params": {"rank": 4},
        "device": "cpu", "stages": stages,
    }  # fmt: skip


def jobs_of(ctx: Context, run: int) -> list[Job]:
    with ctx.db.read() as s:
        return linked_jobs.jobs_of_run(s, run)


def pairs(count: int = 24) -> list[dict[str, Any]]:
    """Questions whose better answer has the right colour, the worse one other words."""
    worse = {"role": "assistant", "content": "Tell me about it."}
    asked = [row["messages"] for row in tiny.chat_rows(count, seed=2)]
    return [{"prompt": [question], "chosen": [answer], "rejected": [worse]} for question, answer in asked]


def test_preference_waits_for_imitation_and_begins_at_its_weights(
    ctx: Context, form: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared, "RECIPES", (SFT_THEN_DPO,))
    paired = tiny.add_dataset(ctx, pairs(), name="Pairs")
    quick = {"dataset": paired, "training": {"epochs": 1, "batch_size": 4, "evaluations": 1, "imitate": 0.0}}
    raw: Any = form | {"recipe": "sft_then_dpo", "stages": {"sft": form["stages"]["one"], "preference": quick}}
    costs = plan_recipe(ctx, raw)
    assert set(costs["stages"]) == {"sft", "preference"}
    assert (costs["seconds"] or 0) > max(one["seconds"] or 0 for one in costs["stages"].values())
    run = start_recipe(ctx, raw, key="once")
    assert start_recipe(ctx, raw, key="once") == run
    first, second = jobs_of(ctx, run)
    assert (second.parent_id, second.spec["objective"]) == (first.id, "dpo")
    assert lifecycle.job_view(ctx, second.id)["headline"]["code"] == "queued.stage"
    assert not settle_linked(ctx)
    workers.run_here(ctx)
    with pytest.raises(AssertionError):
        workers.claim(ctx)  # the second stage has not been given the result yet
    assert settle_linked(ctx)
    made = tuned(ctx, first.id)
    assert made is not None
    bound = workers.row(ctx, second.id)
    assert (bound.spec["starts_from"], bound.spec["start_hash"]) == (made.id, made.weights_hash)
    done = workers.run_here(ctx)
    assert (done.id, done.status) == (second.id, JobStatus.SUCCEEDED), done.error
    likely = workers.series(ctx, second.id, "val_chosen_logp")
    assert workers.series(ctx, second.id, "val_loss")[0] == pytest.approx(
        0.6931, abs=2e-4
    )  # nothing but the start itself
    assert -likely[0] < (made.metrics["base_val_loss"] + made.metrics["val_loss"]) / 2  # so it is not the base's
    result = tuned(ctx, second.id)
    assert result is not None
    assert result.lineage["starts_from"]["id"] == made.id
    shown = recipe_run(ctx, run, "zh")
    assert [one["job"]["status"] for one in shown["stages"] if one["job"]] == ["succeeded", "succeeded"]
    assert shown["stages"][1]["takes"] == ["模仿好的回答"]
    assert shown["stages"][0]["curves"]["train_loss"]
    names = {chart.label.in_("zh") for chart in objective_of("dpo").charts}
    assert shown["stages"][1]["curves"].keys() <= names, (
        "its loss mixes two things: what it is about is drawn, by its name"
    )
    assert [one["job"]["talks"] for one in shown["stages"] if one["job"]] == [True, True]
    assert not shown["active"]
    assert [one["id"] for one in recipe_runs(ctx)] == [run]
    assert spec_files.draft_from_job(ctx, second.id)[0].keys().isdisjoint({"stage"})


def test_a_stage_that_fails_holds_the_next_until_it_is_gone_on_with(ctx: Context, form: dict[str, Any]) -> None:
    run = start_recipe(ctx, form, key="")  # type: ignore[arg-type]
    first, second, third = jobs_of(ctx, run)
    lifecycle.cancel_job(ctx, first.id)
    assert not settle_linked(ctx)
    view = lifecycle.job_view(ctx, second.id)
    assert view["headline"]["code"] == "queued.stage_held"
    assert view["awaits"] == {"job": first.id, "name": first.name, "status": "cancelled", "held": True}
    assert [one["can_go_on"] for one in recipe_run(ctx, run)["stages"]] == [True, False, False]
    with pytest.raises(Fault) as refused:
        go_on(ctx, run, "two")
    assert refused.value.code == "recipe.stage_runs"
    go_on(ctx, run, "one")
    again = jobs_of(ctx, run)[-1]
    assert (again.spec["stage"]["stage"], workers.row(ctx, second.id).parent_id) == ("one", again.id)
    assert lifecycle.job_view(ctx, second.id)["headline"]["code"] == "queued.stage"
    assert workers.run_here(ctx).id == again.id
    assert settle_linked(ctx)
    stop_recipe(ctx, run)
    assert [workers.row(ctx, one.id).status for one in (second, third)] == ["cancelled", "cancelled"]


def test_what_does_not_fit_is_said_before_anything_is_queued(ctx: Context, form: dict[str, Any]) -> None:
    texts = tiny.add_dataset(ctx, [{"text": "The kettle is copper."}] * 8, name="Texts")
    with ctx.db.write() as s:
        kept = s.get_one(tiny.Dataset, texts)
        kept.kind = "preference"
    wrong = form | {"method": "p_tuning", "method_params": {}, "stages": form["stages"] | {"two": {"dataset": texts}}}
    with pytest.raises(SpecError) as refused:
        start_recipe(ctx, wrong, key="")  # type: ignore[arg-type]
    assert refused.value.faults["method"]["code"] == "recipe.no_method"
    with pytest.raises(SpecError) as refused:
        start_recipe(ctx, wrong | {"method": "lora", "name": " "}, key="")  # type: ignore[arg-type]
    assert set(refused.value.faults) == {"name"}
    with pytest.raises(SpecError) as refused:
        start_recipe(ctx, wrong | {"method": "lora"}, key="")  # type: ignore[arg-type]
    assert set(refused.value.faults) == {"stages.two.dataset"}
    strange = form | {"stages": form["stages"] | {"two": {"objective": "none", "dataset": texts}, "four": {}}}
    with pytest.raises(SpecError) as refused:
        start_recipe(ctx, strange, key="")  # type: ignore[arg-type]
    assert set(refused.value.faults) == {"stages.two.objective", "stages.four"}
    assert recipe_runs(ctx) == []
