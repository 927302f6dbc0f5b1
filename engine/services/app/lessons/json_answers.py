"""Lessons from a rule: answers that are a JSON object with the keys that were asked for, learnt from what the model tries itself.

The object must have a shape and a content: half of the reward is for keys with a colour among those that there are, half for what is
like the row's own answer. A rule for the keys alone ends at `{"thing": "thing", "colour": "colour"}` for everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.text import Text
from engine.services.app.lessons.declaration import Lesson, Row
from engine.services.app.lessons.rules import FARTHEST

KEYS = ("thing", "colour")
COLOURS = ("black", "blue", "brown", "gray", "green", "grey", "orange", "pink", "purple", "red", "white", "yellow")
_SCHEMA = {
    "type": "object",
    "required": list(KEYS),
    "additionalProperties": False,
    "properties": {
        "thing": {"type": "string", "minLength": 1, "maxLength": 40, "not": {"enum": list(KEYS)}},
        "colour": {"enum": list(COLOURS)},
    },
}
_REWARDS = [
    {"reward": "json", "weight": 0.5, "values": {"shape": "object", "schema": json.dumps(_SCHEMA)}},
    {"reward": "similarity", "weight": 0.5, "values": {}},
]
_RULE: Mapping[str, Any] = {
    "epochs": 1, "batch_size": 2, "evaluations": 1, "max_length": 128, "answer_tokens": 40, "temperature": 1.0, "rewards": _REWARDS,
    "unfinished": "low", "unfinished_reward": -0.5, "learning_rate": 2e-4,
}  # fmt: skip


def as_questions(rows: Sequence[Row]) -> Sequence[Row]:
    """Questions; their answers are what the reward compares with, nothing imitates them."""
    return [{"instruction": row["prompt"], "output": row["answer"], "split": row["split"]} for row in rows]


def is_right(answer: str) -> bool:
    """Whether an answer is an object with just these keys: something of which a colour is said."""
    try:
        found = json.loads(answer.strip().removeprefix("```json").removeprefix("```").removesuffix("```"))
    except ValueError:
        return False
    if not isinstance(found, dict) or found.keys() != set(KEYS):
        return False
    thing, colour = (found[key] for key in KEYS)
    return isinstance(thing, str) and thing not in ("", *KEYS) and colour in COLOURS


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
        gains=True,
        farthest=FARTHEST,
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
