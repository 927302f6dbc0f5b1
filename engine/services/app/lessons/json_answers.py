"""Lessons from a rule: answers that are a JSON object with the keys that were asked for, learnt from what the model tries itself.

The object must have a shape: an empty one, the shortest valid answer, gets half.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.text import Text
from engine.services.app.lessons.declaration import Lesson, Row

KEYS = ("thing", "colour")
_SCHEMA = {
    "type": "object",
    "required": list(KEYS),
    "additionalProperties": False,
    "properties": {key: {"type": "string", "minLength": 1, "maxLength": 40} for key in KEYS},
}
_REWARDS = [{"reward": "json", "weight": 1.0, "values": {"shape": "object", "schema": json.dumps(_SCHEMA)}}]
_RULE: Mapping[str, Any] = {
    "epochs": 1, "batch_size": 2, "evaluations": 1, "max_length": 128, "answer_tokens": 40, "temperature": 1.0, "rewards": _REWARDS,
    "unfinished": "low", "unfinished_reward": -0.5, "learning_rate": 2e-4,
}  # fmt: skip


def as_questions(rows: Sequence[Row]) -> Sequence[Row]:
    """Questions; their answers are there to be looked at, nothing learns from them."""
    return [{"instruction": row["prompt"], "output": row["answer"], "split": row["split"]} for row in rows]


def is_right(answer: str) -> bool:
    """Whether an answer is an object with just these keys, of texts that say something."""
    try:
        found = json.loads(answer.strip().removeprefix("```json").removeprefix("```").removesuffix("```"))
    except ValueError:
        return False
    whole = isinstance(found, dict) and found.keys() == set(KEYS)
    return whole and all(isinstance(one, str) and one for one in found.values())


def fits(before: str, after: str) -> float:
    """The answer after the lesson fits, and the one before it does not."""
    one, other = is_right(before), is_right(after)
    return 0.5 if one == other else float(other)


def _lesson(key: str, label: Text, says: Text, **training: Any) -> Lesson:
    return Lesson(
        key=key,
        objective=key,
        label=label,
        says=says,
        data="json",
        form="questions",
        rows=as_questions,
        better=fits,
        training={**_RULE, **training},
        method_params={"rank": 16},
    )


JSON_LESSONS: tuple[Lesson, ...] = (
    _lesson(
        "grpo",
        Text("services.app.lessons.json_answers.grpo.label"),
        Text("services.app.lessons.json_answers.grpo.says"),
        answers=8,
    ),
    _lesson(
        "ppo",
        Text("services.app.lessons.json_answers.ppo.label"),
        Text("services.app.lessons.json_answers.ppo.says"),
        answers=6,
        epochs=0.75,
        kl=0.02,
        inner_passes=2,
    ),
)
