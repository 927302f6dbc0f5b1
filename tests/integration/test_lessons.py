"""Lessons that ship: their data in both languages, their rules, and that what they promise is so."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context, open_context
from engine.core.errors import NotFound
from engine.core.settings import Settings
from engine.core.text import LANGUAGES
from engine.objectives import objective_of
from engine.services.app.lesson_runs import QUESTIONS, LessonOutcome, judge, lesson_dataset, shipped_rows, start
from engine.services.app.lessons import LESSONS, lesson_of
from engine.services.app.lessons.declaration import Lesson
from engine.services.app.lessons.pairs import PAIR_LESSONS
from engine.services.app.lessons.reward import REWARD_LESSONS
from engine.services.app.lessons.rules import interval, paired_interval, shorter, student
from engine.services.models.base_models import ensure_starter
from storage.tables import Dataset
from tests import tiny, workers
from tests.starter import prepared_starter

each = pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.key)


@each
@pytest.mark.parametrize("language", LANGUAGES)
def test_its_data_are_there_and_of_a_kind_that_its_objective_learns_from(
    ctx: Context, lesson: Lesson, language: str
) -> None:
    made = lesson_dataset(ctx, lesson.key, language)
    assert lesson_dataset(ctx, lesson.key, language) == made
    with ctx.db.read() as s:
        dataset = s.get_one(Dataset, made)
    assert dataset.kind in objective_of(lesson.objective).learns_from
    assert dataset.accepted == len(lesson.rows(shipped_rows(lesson, language)))
    assert dataset.val_rows >= 12
    assert lesson.label.in_(language) != lesson.says.in_(language)


def test_rows_that_ship_keep_the_rule_that_they_teach() -> None:
    for language in LANGUAGES:
        rows = shipped_rows(PAIR_LESSONS[0], language)
        assert all(shorter(row["rejected"], row["chosen"]) == 1 for row in rows)
        asked = {split: {row["prompt"] for row in rows if row["split"] == split} for split in ("train", "val")}
        assert not asked["train"] & asked["val"]
        assert len(asked["val"]) >= 12


def test_a_lesson_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFound):
        lesson_of("flying")
    with pytest.raises(NotFound):
        shipped_rows(PAIR_LESSONS[0], "../en")


def test_the_rule_and_how_sure_it_is() -> None:
    assert (shorter("a long answer", "short"), shorter("short", "a long answer"), shorter("same", "sane")) == (
        1,
        0,
        0.5,
    )
    assert shorter("something", "  ") == 0
    assert interval(0, 0) == (0, 1)
    low, high = interval(14, 16)
    assert (low, high) == (pytest.approx(0.640, abs=1e-3), pytest.approx(0.965, abs=1e-3))
    assert interval(8, 16)[0] < 0.5 < interval(8, 16)[1]


def test_a_mean_gain_and_how_sure_it_is() -> None:
    known = {5: 2.5706, 9: 2.2622, 13: 2.1604, 15: 2.1314, 47: 2.0117}  # from tables
    assert all(student(freedom) == pytest.approx(value, abs=3e-3) for freedom, value in known.items())
    low, high = paired_interval([0.1, 0.3, 0.2, 0.4, 0.5, 0.3])
    assert ((low + high) / 2, (high - low) / 2) == (
        pytest.approx(0.3),
        pytest.approx(2.5706 * 0.141421 / 6**0.5, rel=2e-3),
    )
    assert paired_interval([1.0]) == (-math.inf, math.inf)


def test_a_lesson_passes_where_everything_that_it_promises_is_so() -> None:
    pairs, control, scores, rule = (lesson_of(key) for key in ("dpo", "control", "reward_model", "grpo"))
    good = LessonOutcome(right=0.9, wins=14, asked=16, before=9, after=5)
    assert good.passes(pairs)
    assert not replace(good, right=0.89).passes(pairs)
    assert not replace(good, wins=11).passes(pairs)
    assert replace(good, right=None).passes(control)
    assert replace(good, wins=0, asked=0).passes(scores)
    rose = replace(good, right=None, wins=0, gains=(0.5, 0.4, 0.1, 0.3, 0.2), distance=0.4)
    assert rose.passes(rule)
    assert not replace(rose, gains=(0.5, 0.4, -0.4, 0.3, -0.2)).passes(rule)
    assert not replace(rose, gains=()).passes(rule)
    assert not replace(rose, distance=3.1).passes(rule)
    assert not replace(rose, distance=None).passes(rule)


def test_a_lesson_is_started_and_judged_by_its_own_questions(ctx: Context) -> None:
    """On a tiny model: that it works, not that it learns."""
    job_id = start(ctx, "dpo", "en", tiny.add_model(ctx), once="a", max_length=512)
    assert start(ctx, "dpo", "en", 1, once="a", max_length=512) == job_id
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    outcome = judge(ctx, job_id, "dpo")
    asked = len([row for row in shipped_rows(lesson_of("dpo"), "en") if row["split"] == "val"])
    assert outcome.asked == min(asked, QUESTIONS)
    assert outcome.right is not None
    assert 0 <= outcome.rate <= 1
    assert next(one[0] for one in outcome.answers) == job.spec["sample_prompts"][0]
    with pytest.raises(NotFound):
        judge(ctx, job_id + 1, "dpo")


# ---------------------------------------------------------------- on the starter model


def _taught(tmp_path: Path, key: str, language: str, **more: Any) -> tuple[Context, int]:
    ctx = open_context(Settings(home=tmp_path / "home", starter_from=prepared_starter()), upgrade=True)
    job_id = start(ctx, key, language, ensure_starter(ctx, say=lambda _view: None), **more)
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    return ctx, job_id


def _promised(ctx: Context, job_id: int, key: str) -> None:
    outcome = judge(ctx, job_id, key)
    answers = json.dumps(outcome.answers, ensure_ascii=False, indent=1)
    assert outcome.passes(lesson_of(key)), f"{outcome.right} {outcome.interval}\n{answers}"


@pytest.mark.slow
def test_half_a_lesson_on_the_starter_already_judges_better_than_chance(tmp_path: Path) -> None:
    """The one lesson that is really learnt in every run of all tests: the reward model's, with half of its rows."""
    ctx, job_id = _taught(tmp_path, "reward_model", "en", epochs=0.5, evaluations=1)
    pairs = sum(row["split"] == "val" for row in shipped_rows(lesson_of("reward_model"), "en"))
    outcome = judge(ctx, job_id, "reward_model")
    assert outcome.right is not None
    assert workers.series(ctx, job_id, "val_accuracy")[0] == 0.5  # its head begins at zero
    assert interval(outcome.right * pairs, pairs)[0] > 0.5, outcome.right
    assert outcome.asked == 0
    ctx.db.close()


@pytest.mark.lessons
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", PAIR_LESSONS, ids=lambda one: one.key)
def test_the_lesson_does_what_it_promises(tmp_path: Path, lesson: Lesson, language: str) -> None:
    ctx, job_id = _taught(tmp_path, lesson.key, language)
    _promised(ctx, job_id, lesson.key)
    ctx.db.close()


@pytest.mark.lessons
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", REWARD_LESSONS, ids=lambda one: one.key)
def test_the_model_that_scores_judges_held_out_pairs_right(tmp_path: Path, lesson: Lesson, language: str) -> None:
    ctx, job_id = _taught(tmp_path, lesson.key, language)
    outcome = judge(ctx, job_id, lesson.key)
    assert outcome.passes(lesson), outcome.right
    assert outcome.asked == 0  # it writes no answers
    ctx.db.close()
