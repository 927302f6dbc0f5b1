"""Start a lesson and judge it: the sample questions of its job are answered before the first step and after the last."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.services.app.lessons import lesson_of
from engine.services.app.lessons.declaration import Lesson, Row
from engine.services.app.lessons.rules import interval
from engine.services.data import datasets
from engine.services.jobs import lifecycle
from storage.job_tables import Job
from storage.queries.metrics import samples_after, series_of

QUESTIONS = 16
_FOLDER = Path(datasets.__file__).parents[2] / "data" / "samples" / "lessons"
_ACCURACY = "val_accuracy"


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
    asked = [str(row["prompt"]) for row in shipped_rows(lesson, language) if row["split"] == "val"]
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
    """
    dataset_id = lesson_dataset(ctx, key, language)
    return lifecycle.start_job(ctx, lesson_spec(key, language, model_id, dataset_id, questions, **training), key=once)


@dataclass(frozen=True)
class LessonOutcome:
    """How a lesson went.

    Attributes:
        right: share of held-out pairs (or thumbs) that the model judges right in the end; None where the objective has none.
        wins: of the answers after it over those before, a tie counting half.
        asked: how many questions.
        before, after: mean length of the answers, in characters.
        answers: (question, answer before, answer after) of each.
    """

    right: float | None
    wins: float
    asked: int
    before: float
    after: float
    answers: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Share of wins."""
        return self.wins / self.asked if self.asked else 0.0

    def passes(self, lesson: Lesson) -> bool:
        """Whether it taught what it is to teach: for sure more wins than losses, or enough pairs judged right."""
        if lesson.right is not None:
            return self.right is not None and self.right >= lesson.right
        return self.interval[0] > 0.5

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
        accuracy = [value for _, value in series_of(s, [job_id], _ACCURACY).get(job_id, [])]
    last = max((one.step for one in samples), default=0)
    first = {one.prompt_index: one for one in samples if one.step == 0}
    pairs = [
        (one.prompt, first[one.prompt_index].answer, one.answer)
        for one in samples
        if one.step == last and last and one.prompt_index in first
    ]
    return LessonOutcome(
        right=accuracy[-1] if accuracy else None,
        wins=sum(lesson.better(before, after) for _, before, after in pairs),
        asked=len(pairs),
        before=_mean([len(before) for _, before, _ in pairs]),
        after=_mean([len(after) for _, _, after in pairs]),
        answers=pairs,
    )


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0
