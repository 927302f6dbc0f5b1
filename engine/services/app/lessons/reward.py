"""The lesson of the reward model: right and short answers are better than rambling, wrong and one-word ones."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.lessons.declaration import Lesson
from engine.services.app.lessons.pairs import as_they_are

RIGHT = 0.85  # share of held-out pairs that the reward model must judge right


def _same(_before: str, _after: str) -> float:
    """A reward model writes no answers."""
    return 0.5


REWARD_LESSONS: tuple[Lesson, ...] = (
    Lesson(
        key="reward_model",
        objective="reward_model",
        label=Text("services.app.lessons.reward.reward_model.label"),
        says=Text("services.app.lessons.reward.reward_model.says"),
        data="better",
        form="pairs",
        rows=as_they_are,
        better=_same,
        training={"epochs": 1, "batch_size": 8, "evaluations": 2, "max_length": 256, "learning_rate": 2e-4},
        method_params={"rank": 8},
        right=RIGHT,
    ),
)
