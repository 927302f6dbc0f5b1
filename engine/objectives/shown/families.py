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


def _family(key: str, *kinds: str) -> Family:
    said = f"objectives.shown.families.{key}"
    return Family(key, Text(f"{said}.label"), Text(f"{said}.says"), kinds, Text(f"{said}.example"))


ANSWERS = _family("answers", "chat")
PAIRS = _family("pairs", "preference", "ranking")
THUMBS = _family("thumbs", "kto")
REWARDS = _family("rewards", "prompt")
TEXTS = _family("texts", "text")
FAMILIES: tuple[Family, ...] = (ANSWERS, PAIRS, THUMBS, REWARDS, TEXTS)
