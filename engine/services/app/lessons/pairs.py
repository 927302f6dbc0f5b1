"""Lessons from better and worse answers: shorter answers, learnt in five ways, with plain imitation as the control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.core.text import Text
from engine.services.app.lessons.declaration import Lesson, Row
from engine.services.app.lessons.rules import shorter

_DATA = "shorter"


def as_they_are(rows: Sequence[Row]) -> Sequence[Row]:
    """Pairs."""
    return rows


def as_thumbs(rows: Sequence[Row]) -> Sequence[Row]:
    """One answer a row, by turns the better one with a thumb up and the worse one with a thumb down; both of held-out rows."""
    found: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        both = row["split"] == "val"
        for good in (True, False) if both else (place % 2 == 0,):
            said = row["chosen" if good else "rejected"]
            found.append({"prompt": row["prompt"], "completion": said, "label": good, "split": row["split"]})
    return found


def as_answers(rows: Sequence[Row]) -> Sequence[Row]:
    """The better answers alone, to imitate."""
    return [{"instruction": row["prompt"], "output": row["chosen"], "split": row["split"]} for row in rows]


_LORA = {"rank": 16}
_ONCE = {"epochs": 1, "batch_size": 8, "evaluations": 1, "max_length": 256}

PAIR_LESSONS: tuple[Lesson, ...] = (
    Lesson(
        key="dpo",
        objective="dpo",
        label=Text("services.app.lessons.pairs.dpo.label"),
        says=Text("services.app.lessons.pairs.dpo.says"),
        data=_DATA,
        form="pairs",
        rows=as_they_are,
        better=shorter,
        training={**_ONCE, "epochs": 2, "learning_rate": 2e-4, "beta": 0.2, "imitate": 0.5},
        method_params=_LORA,
    ),
    Lesson(
        key="kto",
        objective="kto",
        label=Text("services.app.lessons.pairs.kto.label"),
        says=Text("services.app.lessons.pairs.kto.says"),
        data=_DATA,
        form="thumbs",
        rows=as_thumbs,
        better=shorter,
        training={**_ONCE, "epochs": 2, "learning_rate": 2e-4, "beta": 0.1},
        method_params=_LORA,
    ),
    Lesson(
        key="orpo",
        objective="orpo",
        label=Text("services.app.lessons.pairs.orpo.label"),
        says=Text("services.app.lessons.pairs.orpo.says"),
        data=_DATA,
        form="pairs",
        rows=as_they_are,
        better=shorter,
        training={**_ONCE, "epochs": 2, "learning_rate": 4e-4, "beta": 0.5},
        method_params=_LORA,
    ),
    Lesson(
        key="simpo",
        objective="simpo",
        label=Text("services.app.lessons.pairs.simpo.label"),
        says=Text("services.app.lessons.pairs.simpo.says"),
        data=_DATA,
        form="pairs",
        rows=as_they_are,
        better=shorter,
        training={**_ONCE, "epochs": 2, "learning_rate": 2e-4, "beta": 2.0, "gamma": 1.0},
        method_params=_LORA,
    ),
    Lesson(
        key="control",
        objective="sft",
        label=Text("services.app.lessons.pairs.control.label"),
        says=Text("services.app.lessons.pairs.control.says"),
        data=_DATA,
        form="answers",
        rows=as_answers,
        better=shorter,
        training={**_ONCE, "epochs": 2, "learning_rate": 2e-4},
        method_params=_LORA,
    ),
)
