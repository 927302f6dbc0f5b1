"""The repair that takes exactly what a check marked out of the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.repairs.dropping import CHECK, ROWS, wanted
from engine.data.operations.repairs.texts import change_texts
from engine.data.rows.row import THINKING, message_lists, slots_of, texts_of

Place = tuple[int, int]  # from, to


def _strip(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    found = {one.row: one.detail.get("spans", ()) for one in wanted(source, values)}
    for row in source.rows():
        if (spans := found.get(row["id"])) and not _stripped(row, spans):
            continue
        yield row


def _stripped(row: Row, spans: Sequence[tuple[int, int, int, str]]) -> bool:
    """Take the spans out; whether what is left can be learnt from. Of system prompts and thinking, nothing may be left."""
    by_part: dict[int, list[Place]] = {}
    for part, begin, end, _kind in spans:
        by_part.setdefault(part, []).append((begin, end))
    slots, before = slots_of(row), texts_of(row)
    change_texts(row, lambda part, text: without(text, by_part.get(part, ())))
    if "text" in row:
        return bool(row["text"].strip())
    emptied = [slot for slot, old in zip(slots, before, strict=True) if old.strip() and not slot[0][slot[1]].strip()]
    for message, key in emptied:
        if key == THINKING:
            del message[key]
        elif message["role"] in ("user", "assistant") and not message.get("tool_calls"):
            return False
    for messages in message_lists(row):
        messages[:] = [one for one in messages if one["role"] != "system" or one["content"].strip()]
    return True


def without(text: str, places: Sequence[Place]) -> str:
    """The text without some of its characters."""
    pieces, at = [], 0
    for begin, end in sorted(places):
        pieces.append(text[at:begin])
        at = max(at, end)
    return "".join([*pieces, text[at:]])


STRIP_FOUND = Operation(
    key="strip_found",
    group="repair",
    label=Text("data.operations.repairs.stripping.strip_found.label"),
    help=Text("data.operations.repairs.stripping.strip_found.help"),
    run=_strip,
    params=(Param("check", "data", "control_tokens", CHECK.label, CHECK.help), ROWS),
)
