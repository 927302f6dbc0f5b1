"""The lesson of the reward model: right and short answers are better than rambling, wrong and one-word ones; and the one that learns
from it: the model's answers get what the reward model of that lesson says."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.text import Text
from engine.services.app.lessons.declaration import Lesson, Row
from engine.services.app.lessons.pairs import as_they_are
from engine.services.app.lessons.rules import FARTHEST, shorter

RIGHT = 0.85  # share of held-out pairs that the reward model must judge right


def _same(_before: str, _after: str) -> float:
    """A reward model writes no answers."""
    return 0.5


def as_questions(rows: Sequence[Row]) -> Sequence[Row]:
    """Each question once, with its better answer to be looked at; nothing learns from that."""
    found = {row["prompt"]: row for row in rows}
    return [{"instruction": row["prompt"], "output": row["chosen"], "split": row["split"]} for row in found.values()]


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
        talks=False,
    ),
)

SCORED_LESSONS: tuple[Lesson, ...] = (
    Lesson(
        key="ppo_reward_model",
        objective="ppo",
        label=Text("services.app.lessons.reward.ppo_reward_model.label"),
        says=Text("services.app.lessons.reward.ppo_reward_model.says"),
        data="better",
        form="questions",
        rows=as_questions,
        better=shorter,
        training={
            "epochs": 0.6,
            "batch_size": 2,
            "evaluations": 1,
            "max_length": 128,
            "answers": 6,
            "answer_tokens": 40,
            "temperature": 1.0,
            "unfinished": "low",
            "unfinished_reward": -2.0,
            "learning_rate": 2e-4,
            "kl": 0.02,
            "inner_passes": 2,
        },
        method_params={"rank": 16},
        gains=True,
        farthest=FARTHEST,
        scored_by="reward_model",
    ),
)
