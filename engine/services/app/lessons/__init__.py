"""Every lesson that ships besides the first one: one explicit tuple."""

from __future__ import annotations

from engine.core.errors import NotFound
from engine.services.app.lessons.declaration import Lesson
from engine.services.app.lessons.json_answers import JSON_LESSONS
from engine.services.app.lessons.pairs import PAIR_LESSONS
from engine.services.app.lessons.reward import REWARD_LESSONS, SCORED_LESSONS

LESSONS: tuple[Lesson, ...] = (*PAIR_LESSONS, *REWARD_LESSONS, *JSON_LESSONS, *SCORED_LESSONS)


def lesson_of(key: str) -> Lesson:
    """The lesson of that key. Raises NotFound."""
    for lesson in LESSONS:
        if lesson.key == key:
            return lesson
    raise NotFound(lesson=key)
