"""Answers that reason before they answer, in rows where a model's chat template leaves the reasoning out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Material, Span, Values, drop, model_param
from engine.data.rows.row import Message, Row, conversation_of, message_lists
from engine.data.templates.thinking import thought_of

_Lost = Callable[[Row, list[tuple[int, str]]], list[tuple[int, str]]]  # of (place in texts_of, thought), those left out


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    lost = _by_model(material, values["model"]) if values.get("model") else _earlier
    for row in material.rows():
        thoughts = _thoughts(row)
        if thoughts and (detail := _detail(row, lost(row, thoughts))):
            yield FoundRow(row["id"], None, detail)


def _thoughts(row: Row) -> list[tuple[int, str]]:
    said = enumerate(_messages(row))
    found = ((part, thought_of(str(m.get("content") or ""))) for part, m in said if m["role"] == "assistant")
    return [(part, thought) for part, thought in found if thought]


def _messages(row: Mapping[str, Any]) -> list[Message]:
    return [message for messages in message_lists(row) for message in messages]


def _earlier(row: Row, thoughts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those before the last question: most templates that know of reasoning leave them out."""
    last = max((part for part, message in enumerate(_messages(row)) if message["role"] == "user"), default=0)
    return [one for one in thoughts if one[0] < last]


def _by_model(material: Material, model: int) -> _Lost:
    template = material.reader(model).template

    def lost(row: Row, thoughts: list[tuple[int, str]]) -> list[tuple[int, str]]:
        try:
            text = template.row_text(conversation_of(row), row.get("tools"))
        except Fault:  # a row that the template refuses is not learnt at all
            return []
        learnt = {id(message) for message in conversation_of(row)}
        parts = _messages(row)
        return [(part, thought) for part, thought in thoughts if id(parts[part]) in learnt and thought not in text]

    return lost


def _detail(row: Row, lost: list[tuple[int, str]]) -> Detail | None:
    parts = _messages(row)
    spans: list[Span] = []
    for part, thought in lost:
        begin = str(parts[part]["content"]).find(thought)
        spans.append((part, begin, begin + len(thought), "thought"))
    return {"code": "lost_thoughts", "answers": len(lost), "spans": spans} if spans else None


LOST_THOUGHTS = Check(
    key="lost_thoughts",
    severity="hint",
    label=Text("data.quality.lost_thoughts.label"),
    help=Text("data.quality.lost_thoughts.help"),
    found=Text("data.quality.lost_thoughts.found"),
    run=_run,
    kinds=("chat", "preference", "kto"),
    params=(
        model_param(Text("data.quality.lost_thoughts.model.label"), Text("data.quality.lost_thoughts.model.help")),
    ),
    fixes=(drop("lost_thoughts"),),
)  # fmt: skip
