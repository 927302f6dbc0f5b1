"""Start a lesson and judge it: the sample questions of its job are answered before the first step and after the last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.rewards.reward_model import REWARD_MODEL
from engine.services.app.lessons import lesson_of
from engine.services.app.lessons.declaration import Lesson, Row
from engine.services.app.lessons.rules import interval, paired_interval
from engine.services.data import datasets
from engine.services.jobs import lifecycle
from storage.job_tables import Job
from storage.queries.metrics import samples_after, series_of
from storage.queries.tuned_models import list_tuned

QUESTIONS = 16
_FOLDER = Path(datasets.__file__).parents[2] / "data" / "samples" / "lessons"
_ACCURACY, _DISTANCE, _REWARD = "val_accuracy", "val_kl", "sample_reward"


def shipped_rows(lesson: Lesson, language: str) -> list[Row]:
    """The rows of a lesson's file. Raises NotFound for a language without one."""
    file = _FOLDER / f"{lesson.data}.{language}.jsonl"
    if not file.is_file():
        raise NotFound(lesson=f"{lesson.key}.{language}")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def lesson_dataset(ctx: Context, key: str, language: str) -> int:
    """The data set of a lesson, imported if it is not there."""
    lesson = lesson_of(key)

    def content() -> bytes:
        rows = lesson.rows(shipped_rows(lesson, language))
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()

    label = lesson.label.in_(language)
    return datasets.ensure_built_in(ctx, f"{lesson.data}-{lesson.form}-{language}", label, content)


def lesson_spec(
    key: str, language: str, model_id: int, dataset_id: int, questions: int = QUESTIONS, **training: Any
) -> dict[str, Any]:
    """The raw spec of a lesson; `training` are settings in place of its own."""
    lesson = lesson_of(key)
    asked = list(dict.fromkeys(str(row["prompt"]) for row in shipped_rows(lesson, language) if row["split"] == "val"))
    return {
        "name": lesson.label.in_(language),
        "base_model": model_id,
        "dataset": dataset_id,
        "objective": lesson.objective,
        "method": lesson.method,
        "method_params": dict(lesson.method_params),
        "training": {**lesson.training, **training},
        "sample_prompts": asked[:questions],
    }


def start(
    ctx: Context, key: str, language: str, model_id: int, *, once: str = "", questions: int = QUESTIONS, **training: Any
) -> int:
    """Queue a lesson on a prepared model; returns the job.

    Args:
        once: the same text again gives the same job.
        questions: how many are answered, before it and after it.
        training: settings in place of the lesson's own.

    Raises:
        Fault: "lesson.needs_first" where its reward is the result of another lesson that nobody has taught this model.
    """
    lesson = lesson_of(key)
    if lesson.scored_by:
        training = {"rewards": _scored(ctx, lesson, language, model_id), **training}
    dataset_id = lesson_dataset(ctx, key, language)
    return lifecycle.start_job(ctx, lesson_spec(key, language, model_id, dataset_id, questions, **training), key=once)


def scorer_of(ctx: Context, key: str, language: str, model_id: int) -> int | None:
    """The newest result of the lesson whose model scores this one's answers; None where there is none yet."""
    dataset_id, objective = lesson_dataset(ctx, key, language), lesson_of(key).objective
    with ctx.db.read() as s:
        made = [one for one in list_tuned(s, model_id) if one.dataset_id == dataset_id]
        return next((one.id for one in made if one.lineage["spec"]["objective"] == objective), None)


def _scored(ctx: Context, lesson: Lesson, language: str, model_id: int) -> list[dict[str, Any]]:
    scorer = scorer_of(ctx, lesson.scored_by, language, model_id)
    if scorer is None:
        raise Fault("lesson.needs_first", lesson=lesson.key, first=lesson.scored_by)
    return [{"reward": REWARD_MODEL.key, "weight": 1.0, "values": {"model": scorer}}]


@dataclass(frozen=True)
class LessonOutcome:
    """How a lesson went.

    Attributes:
        right: share of held-out pairs (or thumbs) that the model judges right in the end; None where the objective has none.
        wins: of the answers after it over those before, a tie counting half.
        asked: how many questions.
        before, after: mean length of the answers, in characters.
        answers: (question, answer before, answer after) of each.
        gains: by how much the reward of each question's answer rose; empty where there is none.
        distance: nats a token from the start at the end; None where the lesson promises nothing of it, or nobody looked.
    """

    right: float | None
    wins: float
    asked: int
    before: float
    after: float
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    gains: tuple[float, ...] = ()
    distance: float | None = None

    @property
    def rate(self) -> float:
        """Share of wins."""
        return self.wins / self.asked if self.asked else 0.0

    @property
    def gain(self) -> float | None:
        """Mean gain of the reward over the same questions; None where there is no reward."""
        return fmean(self.gains) if self.gains else None

    @property
    def gain_interval(self) -> tuple[float, float]:
        """95 % of it."""
        return paired_interval(self.gains)

    def passes(self, lesson: Lesson) -> bool:
        """Whether it taught what it is to teach: each thing that the lesson promises is so."""
        judges = lesson.right is None or (self.right is not None and self.right >= lesson.right)
        better = self.gain_interval[0] > 0 if lesson.gains else not lesson.talks or self.interval[0] > 0.5
        near = lesson.farthest is None or (self.distance is not None and self.distance < lesson.farthest)
        return judges and better and near

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of it."""
        return interval(self.wins, self.asked)


def judge(ctx: Context, job_id: int, key: str) -> LessonOutcome:
    """How a finished lesson went. Raises NotFound."""
    lesson = lesson_of(key)
    with ctx.db.read() as s:
        if s.get(Job, job_id) is None:
            raise NotFound(job=job_id)
        samples = samples_after(s, job_id, 0)
        accuracy, distance = (_last(series_of(s, [job_id], name).get(job_id, [])) for name in (_ACCURACY, _DISTANCE))
        numbers = sorted({one.prompt_index for one in samples})
        rewards = [series_of(s, [job_id], f"{_REWARD}/{number}").get(job_id, []) for number in numbers]
    last = max((one.step for one in samples), default=0)
    first = {one.prompt_index: one for one in samples if one.step == 0}
    pairs = [
        (one.prompt, first[one.prompt_index].answer, one.answer)
        for one in samples
        if one.step == last and last and one.prompt_index in first
    ]
    return LessonOutcome(
        right=accuracy,
        wins=sum(lesson.better(before, after) for _, before, after in pairs),
        asked=len(pairs),
        before=_mean([len(before) for _, before, _ in pairs]),
        after=_mean([len(after) for _, _, after in pairs]),
        answers=pairs,
        gains=tuple(told[-1][1] - told[0][1] for told in rewards if len(told) > 1 and told[0][0] == 0),
        distance=None if lesson.farthest is None else distance,
    )


def _last(series: Sequence[tuple[int, float]]) -> float | None:
    return series[-1][1] if series else None


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0
