"""Lessons from a rule: what the rule says, and that what the lessons promise is so, on three seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.context import Context, open_context
from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.core.text import LANGUAGES
from engine.rewards import check_rewards
from engine.rewards.declaration import Answered
from engine.rewards.total import open_rewards
from engine.services.app.lesson_runs import judge, scorer_of, shipped_rows, start
from engine.services.app.lessons.declaration import Lesson
from engine.services.app.lessons.json_answers import JSON_LESSONS, KEYS, fits, is_right
from engine.services.app.lessons.reward import SCORED_LESSONS
from engine.services.models.base_models import ensure_starter
from tests import tiny, workers
from tests.starter import prepared_starter

SEEDS = (1, 2, 3)


def test_the_rule_wants_something_and_its_colour_and_nothing_else() -> None:
    right = json.dumps(dict(zip(KEYS, ("grass", "green"), strict=True)))
    assert is_right(right)
    assert is_right(f"```json\n{right}\n```")
    empty = [json.dumps(dict.fromkeys(KEYS, one)) for one in ("", "green ", 3)] + [
        json.dumps({one: one for one in KEYS})
    ]
    wrong = ["{}", "[]", "green", json.dumps({KEYS[0]: "a"}), right[:-1], *empty]
    assert not any(map(is_right, wrong))
    assert (fits("green", right), fits(right, "green"), fits(right, right), fits("", "{}")) == (1, 0, 0.5, 0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers_that_ship_keep_the_rule(language: str) -> None:
    rows = shipped_rows(JSON_LESSONS[0], language)
    assert all(is_right(str(row["answer"])) for row in rows)
    asked = {split: {row["prompt"] for row in rows if row["split"] == split} for split in ("train", "val")}
    assert (len(asked["train"]), len(asked["val"])) == (40, 14)
    assert not asked["train"] & asked["val"]


def test_repeating_the_keys_is_not_what_is_rewarded_most() -> None:
    """What a rule for the keys alone ends at gets less than any colour of the thing, and that less than the right one."""
    chosen, faults = check_rewards(JSON_LESSONS[0].training["rewards"], "rewards")
    assert not faults
    row = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": _said("grass", "green")}]}
    texts = ["Grass is green.", _said(*KEYS), _said("thing", "green"), _said("grass", "red"), _said("grass", "green")]
    with open_rewards(chosen) as opened:
        told = opened.score([Answered(row["messages"][:1], text, row) for text in texts]).total
    scores = [score for score in told if score is not None]
    assert len(scores) == len(texts)
    assert scores == sorted(scores)
    assert scores[0] < 0.1
    assert scores[-1] == pytest.approx(1)


def _said(thing: str, colour: str) -> str:
    return json.dumps(dict(zip(KEYS, (thing, colour), strict=True)))


def test_what_one_lesson_makes_scores_the_answers_of_another(ctx: Context) -> None:
    """On a tiny model: that it works, not that it learns."""
    (lesson,) = SCORED_LESSONS
    model_id = tiny.add_model(ctx)
    with pytest.raises(Fault, match="needs_first"):
        start(ctx, lesson.key, "en", model_id)
    start(ctx, lesson.scored_by, "en", model_id, epochs=0.06, evaluations=0, max_length=512)
    assert workers.run_here(ctx).status == "succeeded"
    scorer = scorer_of(ctx, lesson.scored_by, "en", model_id)
    assert scorer is not None
    assert scorer_of(ctx, lesson.scored_by, "zh", model_id) is None
    small = {"epochs": 0.05, "answers": 2, "answer_tokens": 4, "max_length": 512}
    job_id = start(ctx, lesson.key, "en", model_id, questions=3, **small)
    job = workers.run_here(ctx)
    assert (job.status, job.error) == ("succeeded", None)
    assert job.spec["training"]["rewards"][0]["values"]["model"] == scorer
    outcome = judge(ctx, job_id, lesson.key)
    assert (outcome.asked, len(outcome.gains)) == (3, 3)
    assert outcome.distance is not None


@pytest.mark.lessons
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", JSON_LESSONS, ids=lambda one: one.key)
def test_the_reward_rises_for_sure(tmp_path: Path, lesson: Lesson, language: str, seed: int) -> None:
    ctx = open_context(Settings(home=tmp_path / "home", starter_from=prepared_starter()), upgrade=True)
    job_id = start(ctx, lesson.key, language, ensure_starter(ctx, say=lambda _view: None), seed=seed)
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    _rose(ctx, job_id, lesson, seed)
    ctx.db.close()


@pytest.mark.lessons
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_reward_model_says_rises_for_sure(tmp_path: Path, language: str, seed: int) -> None:
    """The reward model of its lesson first, then PPO against it, as two jobs of one home."""
    (lesson,) = SCORED_LESSONS
    ctx = open_context(Settings(home=tmp_path / "home", starter_from=prepared_starter()), upgrade=True)
    model_id = ensure_starter(ctx, say=lambda _view: None)
    with pytest.raises(Fault, match="needs_first"):
        start(ctx, lesson.key, language, model_id)
    start(ctx, lesson.scored_by, language, model_id)
    assert workers.run_here(ctx).status == "succeeded"
    job_id = start(ctx, lesson.key, language, model_id, seed=seed)
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    _rose(ctx, job_id, lesson, seed)
    ctx.db.close()


def _rose(ctx: Context, job_id: int, lesson: Lesson, seed: int) -> None:
    outcome = judge(ctx, job_id, lesson.key)
    answers = json.dumps(outcome.answers, ensure_ascii=False, indent=1)
    said = f"seed {seed}: {outcome.gain} {outcome.gain_interval}, distance {outcome.distance}\n{answers}"
    print(said)
    assert outcome.passes(lesson), said
