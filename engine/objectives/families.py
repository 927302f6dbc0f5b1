"""What a model can learn from, as people are asked for it: objectives that use the same kind of knowledge."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.text import Text


@dataclass(frozen=True)
class Family:
    """Objectives that learn from the same kind of knowledge.

    Attributes:
        key: name in pages; the diagram of the Learn page has the same.
        label: what it learns from, in two or three words.
        says: what the model is shown, and what it makes of it.
        kinds: kinds of rows that are made for it; its objectives may learn from others too.
        example: how one row looks like, in a line.
    """

    key: str
    label: Text
    says: Text
    kinds: tuple[str, ...]
    example: Text


# fmt: off
ANSWERS = Family(
    key="answers", kinds=("chat",), label=Text("objectives.families.answers.label"),
    says=Text("objectives.families.answers.says"), example=Text("objectives.families.answers.example"),
)
PAIRS = Family(
    key="pairs", kinds=("preference", "ranking"), label=Text("objectives.families.pairs.label"),
    says=Text("objectives.families.pairs.says"), example=Text("objectives.families.pairs.example"),
)
THUMBS = Family(
    key="thumbs", kinds=("kto",), label=Text("objectives.families.thumbs.label"),
    says=Text("objectives.families.thumbs.says"), example=Text("objectives.families.thumbs.example"),
)
REWARDS = Family(
    key="rewards", kinds=("prompt",), label=Text("objectives.families.rewards.label"),
    says=Text("objectives.families.rewards.says"), example=Text("objectives.families.rewards.example"),
)
TEXTS = Family(
    key="texts", kinds=("text",), label=Text("objectives.families.texts.label"),
    says=Text("objectives.families.texts.says"), example=Text("objectives.families.texts.example"),
)
# fmt: on
FAMILIES: tuple[Family, ...] = (ANSWERS, PAIRS, THUMBS, REWARDS, TEXTS)
