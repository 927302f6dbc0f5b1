"""What a lesson is: a small job on data that ship, and how anybody can see that it worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core.text import Text

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Lesson:
    """A small job that shows what an objective does, in a few minutes on two processor cores.

    Attributes:
        key: name in commands.
        objective: what is optimised.
        label, says: its name, and what it shows, in a sentence.
        data: stem of the file that ships in each language (`engine/data/samples/lessons/<data>.<language>.jsonl`).
        form: what the rows are learnt as; lessons with the same data and form share a data set.
        rows: (shipped rows) -> the rows of that form.
        better: (answer before the lesson, answer after it) -> 1 where the later one is better by the lesson's own rule, 0 where it is
            worse, 0.5 where neither is.
        training: settings that are not the usual ones.
        method, method_params: what trains.
        right: share of held-out pairs or thumbs that must be judged right; None where that says nothing.
        talks: its model writes answers, which must be better for sure.
        gains: it learns from a reward, which must rise for sure; `better` is told and proves nothing then.
        farthest: nats a token that the result may be from the start; None where nobody looks.
        scored_by: the lesson whose result is its reward, which comes first; empty where it needs none.
    """

    key: str
    objective: str
    label: Text
    says: Text
    data: str
    form: str
    rows: Callable[[Sequence[Row]], Sequence[Row]]
    better: Callable[[str, str], float]
    training: Mapping[str, Any] = field(default_factory=dict)
    method: str = "lora"
    method_params: Mapping[str, Any] = field(default_factory=dict)
    right: float | None = None
    talks: bool = True
    gains: bool = False
    farthest: float | None = None
    scored_by: str = ""
