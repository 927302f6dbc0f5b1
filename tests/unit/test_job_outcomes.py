"""What tells of a job's result, and how its numbers are drawn together."""

from __future__ import annotations

from typing import Any

from engine.jobs.outcomes import MeasuredMerit
from engine.jobs.status_messages import status_message
from engine.objectives import OBJECTIVES
from engine.objectives.charts import PAIRS_RIGHT, REWARD_REACHED
from engine.rewards import reward_of
from engine.services.jobs.figures import SECTIONS, figures_of
from engine.services.models.tuned import outcome_of
from storage.tables import TunedModel
from webui.pages.jobs import job_figures

DONE: dict[str, Any] = {
    "kind": "train", "status": "succeeded", "stalled": False, "seconds": 90.0, "seconds_left": None, "phase": None,
    "result": {"model_step": 20}, "step": 20, "total_steps": 20, "train_loss": 0.1,
}  # fmt: skip
LOSSES = [(0, 0.69), (10, 0.4), (20, 0.5)]


def test_pairs_judged_right_are_told_instead_of_the_loss() -> None:
    merit = MeasuredMerit(PAIRS_RIGHT, [(0, 0.5), (10, 0.97), (20, 0.94)])
    told = status_message(DONE, LOSSES, merit)
    assert told["tone"] == "good"
    assert told["text"]["en"].endswith("rose from 50 % to 94 %.")
    earlier = status_message({**DONE, "result": {"model_step": 10}}, LOSSES, merit)
    assert "97 %" in earlier["text"]["en"]  # of the weights that are the model


def test_a_reward_that_fell_is_no_good_news() -> None:
    told = status_message(DONE, LOSSES, MeasuredMerit(REWARD_REACHED, [(0, 0.3), (20, 0.21)]))
    assert (told["tone"], "fell from 0.3 to 0.21" in told["text"]["en"]) == ("warn", True)
    running = {**DONE, "status": "running", "phase": "training", "seconds_left": 40.0}
    told = status_message(running, LOSSES, MeasuredMerit(REWARD_REACHED, [(0, 0.3), (10, 0.42)]))
    assert told["tone"] == "good"
    assert "0.42" in told["text"]["zh"]


def test_a_tuned_model_tells_the_same_as_its_job() -> None:
    def made(objective: str, **metrics: float) -> TunedModel:
        return TunedModel(lineage={"spec": {"objective": objective}}, metrics={"val_loss": 1.0, **metrics})

    told = outcome_of(made("reward_model", base_val_accuracy=0.5, val_accuracy=0.9))
    assert told is not None
    assert (told["first"], told["last"], told["share"]) == (0.5, 0.9, True)
    assert outcome_of(made("reward_model")) is None  # nothing was held out
    assert outcome_of(made("sft", base_val_accuracy=0.5, val_accuracy=0.9)) is None


def test_one_check_alone_says_nothing_yet() -> None:
    assert status_message(DONE, LOSSES, MeasuredMerit(PAIRS_RIGHT, [(0, 0.5)])) == status_message(DONE, LOSSES)


def test_every_objective_that_compares_or_is_rewarded_tells_of_its_results() -> None:
    for objective in OBJECTIVES:
        drawn = figures_of(objective)
        assert bool(drawn) == bool(objective.charts and "perplexity" not in {chart.key for chart in objective.charts})
        measured = {line.metric for one in drawn for line in one.figure.lines}
        assert {one.metric for one in objective.outcomes} <= measured, objective.key
        assert sum(one.large for one in drawn) <= 1


def test_figures_reach_the_page_with_their_headings() -> None:
    found = job_figures("en", {"objective": "grpo"})
    assert {one["section"] for one in found["figures"]} == {one["key"] for one in found["sections"]}
    assert [one["key"] for one in found["sections"]] == [one.key for one in SECTIONS]
    assert next(one for one in found["figures"] if one["large"])["band"] == "reward_std"
    assert job_figures("zh", {"objective": "sft"}) == {"sections": [], "figures": []}


def test_parts_of_a_reward_have_names_for_people() -> None:
    spec = {
        "objective": "grpo",
        "training": {"rewards": [{"reward": "length"}, {"reward": "length"}, {"reward": "json"}]},
    }
    (parts,) = [one["parts"] for one in job_figures("zh", spec)["figures"] if one["each"]]
    assert parts == {key: reward_of(key).label.in_("zh") for key in ("length", "json")}  # the second keeps its number
