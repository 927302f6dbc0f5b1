"""Lessons from better and worse answers: shorter answers, learnt in five ways, with plain imitation as the control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.core.text import Text
from engine.services.app.lessons.declaration import Lesson, Row
from engine.services.app.lessons.rules import shorter

_DATA = "shorter"


def as_they_are(rows: Sequence[Row]) -> Sequence[Row]:
    """Pairs."""
    return rows


def as_thumbs(rows: Sequence[Row]) -> Sequence[Row]:
    """Each answer by itself, the better one with a thumb up and the worse one with a thumb down."""
    kinds = (("chosen", True), ("rejected", False))
    return [
        {"prompt": row["prompt"], "completion": row[said], "label": good, "split": row["split"]}
        for row in rows
        for said, good in kinds
    ]


def as_answers(rows: Sequence[Row]) -> Sequence[Row]:
    """The better answers alone, to imitate."""
    return [{"instruction": row["prompt"], "output": row["chosen"], "split": row["split"]} for row in rows]


RIGHT = 0.9  # share of held-out pairs that DPO must judge right; what the others call right is another thing (docs/alignment.md)
_LORA = {"rank": 16}
_TWICE = {"epochs": 2, "batch_size": 8, "evaluations": 1, "max_length": 256}


def _lesson(
    key: str,
    label: Text,
    says: Text,
    form: str,
    rows: Callable[[Sequence[Row]], Sequence[Row]],
    objective: str = "",
    right: float | None = None,
    **training: Any,
) -> Lesson:
    """One way to learn from the same pairs; it is named after its objective where none is given."""
    return Lesson(
        key=key,
        objective=objective or key,
        label=label,
        says=says,
        data=_DATA,
        form=form,
        rows=rows,
        better=shorter,
        training={**_TWICE, **training},
        method_params=_LORA,
        right=right,
    )


PAIR_LESSONS: tuple[Lesson, ...] = (
    _lesson(
        "dpo",
        Text("services.app.lessons.pairs.dpo.label"),
        Text("services.app.lessons.pairs.dpo.says"),
        "pairs",
        as_they_are,
        right=RIGHT,
        learning_rate=2e-4,
        beta=0.2,
        imitate=0.5,
    ),
    _lesson(
        "kto",
        Text("services.app.lessons.pairs.kto.label"),
        Text("services.app.lessons.pairs.kto.says"),
        "thumbs",
        as_thumbs,
        learning_rate=2e-4,
        beta=0.1,
    ),
    _lesson(
        "orpo",
        Text("services.app.lessons.pairs.orpo.label"),
        Text("services.app.lessons.pairs.orpo.says"),
        "pairs",
        as_they_are,
        learning_rate=4e-4,
        beta=0.5,
    ),
    _lesson(
        "simpo",
        Text("services.app.lessons.pairs.simpo.label"),
        Text("services.app.lessons.pairs.simpo.says"),
        "pairs",
        as_they_are,
        learning_rate=2e-4,
        beta=2.0,
        gamma=1.0,
    ),
    _lesson(
        "control",
        Text("services.app.lessons.pairs.control.label"),
        Text("services.app.lessons.pairs.control.says"),
        "answers",
        as_answers,
        objective="sft",
        learning_rate=2e-4,
    ),
)
