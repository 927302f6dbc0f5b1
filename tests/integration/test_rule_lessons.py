"""Lessons from a rule: what the rule says, and that what the lessons promise is so, on three seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.core.text import LANGUAGES
from engine.services.app.lesson_runs import judge, shipped_rows, start
from engine.services.app.lessons.declaration import Lesson
from engine.services.app.lessons.json_answers import JSON_LESSONS, KEYS, fits, is_right
from engine.services.models.base_models import ensure_starter
from tests import workers
from tests.starter import prepared_starter

SEEDS = (1, 2, 3)


def test_the_rule_wants_both_keys_with_words_and_nothing_else() -> None:
    right = json.dumps(dict.fromkeys(KEYS, "green"))
    assert is_right(right)
    assert is_right(f"```json\n{right}\n```")
    wrong = ["{}", "[]", "green", json.dumps({KEYS[0]: "a"}), json.dumps(dict.fromkeys(KEYS, "")), right[:-1]]
    assert not any(map(is_right, wrong))
    assert (fits("green", right), fits(right, "green"), fits(right, right), fits("", "{}")) == (1, 0, 0.5, 0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers_that_ship_keep_the_rule(language: str) -> None:
    rows = shipped_rows(JSON_LESSONS[0], language)
    assert all(is_right(str(row["answer"])) for row in rows)
    asked = {split: {row["prompt"] for row in rows if row["split"] == split} for split in ("train", "val")}
    assert (len(asked["train"]), len(asked["val"])) == (40, 14)
    assert not asked["train"] & asked["val"]


@pytest.mark.lessons
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", JSON_LESSONS, ids=lambda one: one.key)
def test_the_reward_rises_for_sure(tmp_path: Path, lesson: Lesson, language: str, seed: int) -> None:
    ctx = open_context(Settings(home=tmp_path / "home", starter_from=prepared_starter()), upgrade=True)
    job_id = start(ctx, lesson.key, language, ensure_starter(ctx, say=lambda _view: None), seed=seed)
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    reward, kl = (workers.series(ctx, job_id, name) for name in ("val_reward", "val_kl"))
    outcome = judge(ctx, job_id, lesson.key)
    said = f"seed {seed}: reward {reward}, distance {kl}\n{json.dumps(outcome.answers, ensure_ascii=False, indent=1)}"
    print(said)
    assert reward[max(reward)] > reward[0], said
    assert outcome.interval[0] > 0.5, said
    assert kl[max(kl)] < 3, said
    ctx.db.close()
