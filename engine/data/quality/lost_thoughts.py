"""Answers that reason before they answer, in rows where a model's chat template leaves the reasoning out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Material, Span, Values, drop, model_param
from engine.data.rows.row import THINKING, Message, Row, conversation_of, slots_of, texts_of
from engine.data.templates.masking import counts_nothing
from engine.data.thoughts.marks import thought_of

_Lost = Callable[[Row, list[tuple[int, str]]], list[tuple[int, str]]]  # of (place in texts_of, thought), those left out


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    lost = _by_model(material, values["model"]) if values.get("model") else _earlier
    for row in material.rows():
        thoughts = _thoughts(row)
        if thoughts and (detail := _detail(row, lost(row, thoughts))):
            yield FoundRow(row["id"], None, detail)


def _thoughts(row: Row) -> list[tuple[int, str]]:
    found = ((part, _thought(message, key)) for part, (message, key) in enumerate(slots_of(row)))
    return [(part, thought) for part, thought in found if thought]


def _thought(message: Message, key: str) -> str:
    """The thinking in one text of a turn."""
    if message["role"] != "assistant" or counts_nothing(message):
        return ""
    text = str(message.get(key) or "")
    return text.strip() if key == THINKING else thought_of(text)


def _earlier(row: Row, thoughts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those before the last question: most templates that know of reasoning leave them out."""
    last = max((part for part, (message, _key) in enumerate(slots_of(row)) if message["role"] == "user"), default=0)
    return [one for one in thoughts if one[0] < last]


def _by_model(material: Material, model: int) -> _Lost:
    template = material.reader(model).template

    def lost(row: Row, thoughts: list[tuple[int, str]]) -> list[tuple[int, str]]:
        try:
            text = template.row_text(conversation_of(row), row.get("tools"))
        except Fault:  # a row that the template refuses is not learnt at all
            return []
        learnt = {id(message) for message in conversation_of(row)}
        parts = slots_of(row)
        return [(part, thought) for part, thought in thoughts if id(parts[part][0]) in learnt and thought not in text]

    return lost


def _detail(row: Row, lost: list[tuple[int, str]]) -> Detail | None:
    texts = texts_of(row)
    spans: list[Span] = []
    for part, thought in lost:
        begin = texts[part].find(thought)
        spans.append((part, begin, begin + len(thought), "thought"))
    return {"code": "lost_thoughts", "answers": len(lost), "spans": spans} if spans else None


LOST_THOUGHTS = Check(
    key="lost_thoughts",
    severity="hint",
    label=Text("data.quality.lost_thoughts.label"),
    help=Text("data.quality.lost_thoughts.help"),
    found=Text("data.quality.lost_thoughts.found"),
    run=_run,
    kinds=("chat", "preference", "kto", "ranking"),
    params=(
        model_param(Text("data.quality.lost_thoughts.model.label"), Text("data.quality.lost_thoughts.model.help")),
    ),
    fixes=(drop("lost_thoughts"),),
)  # fmt: skip
