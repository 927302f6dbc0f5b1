"""What a comparison holds equal, what it leaves to each method, and how answers are scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from engine.data.rows.scored_answers import read_answers, write_answers
from engine.evaluation.comparison.spec import (
    PARAMS,
    Entrant,
    OnePass,
    job_specs,
    make_comparison,
    offered,
    raw_job,
    stored_comparison,
)
from engine.evaluation.scores import score_answers
from engine.methods import METHODS


def comparison(*entrants: dict[str, Any], **shared: Any) -> Any:
    """A checked comparison of these entrants."""
    return make_comparison({"name": "Two", "base_model": 1, "dataset": 1, "entrants": list(entrants), "shared": shared})


def test_everything_shared_is_the_same_and_the_rest_is_each_ones_own() -> None:
    spec = comparison(*({"method": method.key} for method in METHODS), epochs=2, batch_size=4, max_length=64, seeds=2)
    jobs = job_specs(spec, {})
    assert len(jobs) == 2 * len(METHODS)
    for key in ("epochs", "batch_size", "max_length", "scored_answers", "evaluations", "train_on"):
        assert len({job.training[key] for job in jobs.values()}) == 1, key
    for (entrant, seed), job in jobs.items():
        declared = next(method for method in METHODS if method.key == entrant)
        assert job.training["seed"] == seed
        assert job.training["learning_rate"] == declared.defaults.get("learning_rate", job.training["learning_rate"])


@pytest.mark.parametrize(
    ("method", "variant"), [pair for pair in offered() if pair[1]], ids=lambda one: one.key if one else "-"
)
def test_a_variant_is_its_method_with_its_own_settings(method: Any, variant: Any) -> None:
    spec = comparison({"method": method.key, "variant": variant.key})
    [job] = job_specs(spec, {}).values()
    assert job.method == method.key
    assert dict(variant.values).items() <= dict(job.method_params).items()
    assert spec.entrants[0].label("en") == variant.label.in_("en")


def test_by_time_the_clock_ends_the_job_whatever_the_estimate_was() -> None:
    spec = comparison({"method": METHODS[0].key}, held="time", minutes=10, evaluations=4)
    raw = raw_job(spec, spec.entrants[0], 42, OnePass(60.0, 50.0))
    training = raw["training"]
    assert raw["budget"]["minutes"] == 10
    assert training["epochs"] == 100  # ten times what fits
    assert training["evaluations"] == 40  # so four of them fall into the time
    assert training["warmup"] * training["epochs"] * 50 == pytest.approx(10)
    endless = raw_job(spec, spec.entrants[0], 42, OnePass(0.001, 1.0))["training"]
    assert (endless["epochs"], endless["warmup"] <= 0.05) == (1000, True)


def test_the_stored_form_reads_back_and_outlives_methods() -> None:
    spec = comparison({"method": METHODS[0].key, "training": {"learning_rate": 0.01}})
    assert stored_comparison(spec.as_dict()) == spec
    assert make_comparison(spec.as_dict()) == spec
    assert Entrant("gone.old", "gone", "old").label("en") == "gone.old"


def test_every_shared_setting_is_a_setting_of_the_objective_or_the_budget() -> None:
    spec = comparison({"method": METHODS[0].key})
    training = raw_job(spec, spec.entrants[0], 42)["training"]
    assert {param.key for param in PARAMS} - training.keys() == {"held", "minutes", "seeds"}


# ------------------------------------------------------------------ scores


@dataclass
class Asked:
    """A question with its expected answer."""

    text: str
    expected: str | None


def test_exact_match_ignores_case_and_space_alone() -> None:
    questions = [Asked("a", "The sky is  blue."), Asked("b", "四月"), Asked("c", "Yes"), Asked("d", None)]
    scores = score_answers(questions, ["the sky\nis blue.", "四月 ", "Yes!", "whatever"])
    assert scores is not None
    assert (scores.count, scores.values["exact"]) == (3, pytest.approx(2 / 3))


def test_chrf_is_sacrebleus_corpus_score() -> None:
    questions = [Asked("a", "The cat sat on the mat."), Asked("b", "你好，世界")]
    perfect = score_answers(questions, ["The cat sat on the mat.", "你好，世界"])
    far = score_answers(questions, ["Dogs", "再见"])
    assert perfect is not None
    assert far is not None
    assert perfect.values["chrf"] == pytest.approx(100.0)
    assert 0 <= far.values["chrf"] < 20
    assert score_answers([Asked("a", None)], ["x"]) is None


def test_answers_are_kept_whole(tmp_path: Any) -> None:
    rows = [{"question": "q\n1", "expected": "e", "base": None, "answer": "甲"}]
    write_answers(tmp_path / "deep" / "answers.jsonl", rows)
    assert read_answers(tmp_path / "deep" / "answers.jsonl") == rows
    assert read_answers(tmp_path / "none.jsonl") == []
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["answers.jsonl"]
