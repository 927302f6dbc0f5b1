"""Objectives compared on the same pairs: the control takes part unasked, all are measured by one rule."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import SpecError
from engine.evaluation import sampling
from engine.evaluation.comparison.objective_measures import measured_answers
from engine.evaluation.comparison.spec import make_comparison, offered_objectives, stored_comparison
from engine.rewards import read_rewards
from engine.rewards.total import open_rewards
from engine.services.comparisons import comparisons, views
from engine.services.jobs import lifecycle
from tests import tiny, workers

pytestmark = pytest.mark.slow


def pairs(count: int = 20) -> list[dict[str, Any]]:
    worse = {"role": "assistant", "content": "Tell me about it, tell me about it."}
    asked = [row["messages"] for row in tiny.chat_rows(count, seed=2)]
    return [{"prompt": [question], "chosen": [answer], "rejected": [worse]} for question, answer in asked]


def form(model: int, dataset: int, *objectives: str, **shared: Any) -> Any:
    entrants = [{"method": "lora", "variant": None, "objective": key} for key in objectives]
    quick = {"epochs": 2, "batch_size": 4, "scored_answers": 3, "evaluations": 1}
    return {
        "name": "Pairs",
        "base_model": model,
        "dataset": dataset,
        "entrants": entrants,
        "shared": quick | shared,
        "device": "cpu",
    }


def test_the_control_takes_part_unasked_and_all_get_the_same_steps() -> None:
    spec = make_comparison(form(1, 1, "dpo", "orpo"))
    assert [one.key for one in spec.entrants] == ["lora-dpo", "lora-orpo", "lora-better_alone"]
    assert stored_comparison(spec.as_dict()) == spec
    assert [one["reward"] for one in spec.judged_by] == ["similarity"]
    assert [one.key for one in offered_objectives("preference")][-1] == "better_alone"
    assert make_comparison(form(1, 1, "dpo", "better_alone")).entrants[1].objective == "better_alone"
    plain = make_comparison({**form(1, 1), "entrants": [{"method": "lora", "variant": None}]})
    assert (len(plain.entrants), plain.of_objectives, plain.judged_by) == (1, False, ())
    with pytest.raises(SpecError) as refused:
        make_comparison(form(1, 1, "none"))
    assert set(refused.value.faults) == {"entrants.lora-none"}
    with pytest.raises(SpecError) as refused:
        make_comparison(form(1, 1, "dpo") | {"judged_by": [{"reward": "none"}]})
    assert set(refused.value.faults) == {"judged_by.0.reward"}


def test_answers_are_held_against_those_of_the_start() -> None:
    rows = [
        {"question": "a", "expected": "The kettle is copper.", "base": "No.", "answer": "The kettle is copper."},
        {"question": "b", "expected": "The tower is tall.", "base": "The tower is tall.", "answer": "go on " * 40},
        {"question": "c", "expected": "Yes.", "base": "Yes.", "answer": "Yes."},
    ]
    with open_rewards(read_rewards([{"reward": "similarity"}])) as judge:
        found = measured_answers(rows, judge)
    assert (found["win_rate"], found["judged"]) == (0.5, 3)
    assert (found["words"], found["loops"], found["base_loops"]) == (pytest.approx(85 / 3), pytest.approx(1 / 3), 0.0)


def test_a_comparison_of_objectives_runs_to_its_table(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)
    raw = form(tiny.add_model(ctx), tiny.add_dataset(ctx, pairs(), held_out=6), "dpo")
    costs = comparisons.plan_comparison(ctx, raw)
    assert set(costs["entrants"]) == {"lora-dpo", "lora-better_alone"}
    assert costs["seconds"]
    made = comparisons.start_comparison(ctx, raw, key="")
    jobs = [workers.run_here(ctx) for _entrant in costs["entrants"]]
    assert [job.status for job in jobs] == ["succeeded"] * 2, [job.error for job in jobs]
    assert {job.spec["objective"] for job in jobs} == {"dpo", "better_alone"}
    assert len({job.total_steps for job in jobs}) == 1
    rows = {row["key"]: row for row in views.comparison_view(ctx, made)["rows"]}
    assert set(rows) == {"base", "lora-dpo", "lora-better_alone"}
    for row in rows.values():
        assert {"pairs_right", "words", "loops"} <= row["cells"].keys()
        assert "loss" not in row["cells"]
    assert rows["lora-better_alone"]["cells"]["pairs_right"]["mean"] == 1.0
    assert rows["base"]["cells"]["pairs_right"]["mean"] < 1.0
    assert 0 <= rows["lora-dpo"]["cells"]["win_rate"]["mean"] <= 1
    assert rows["lora-dpo"]["objective"] == "dpo"
    table = views.export_comparison(ctx, made, "markdown", say=lambda key: key, lang="en")
    assert "Pairs right" in table
    assert "Imitating the better answers" in table
    assert lifecycle.job_view(ctx, jobs[0].id)["comparison_id"] == made
