"""What a person wrote in place of a row: read strictly, so that no edit makes a row that cannot be trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.core.conforming import conforms
from engine.core.errors import Fault
from engine.data.calls.values import same
from engine.data.operations.base import Row
from engine.data.records.record import RowFault
from engine.data.rows.row import ANSWERS, THINKING, content_of, kind_of, message_lists
from engine.data.schema.normalise.tools import read_calls
from engine.data.schema.ranked import is_margin, ranks_fault
from engine.data.schema.weighted import in_range, number_of

_ROLES = ("system", "user", "assistant", "tool")
_LISTS = {
    "chat": ("messages",),
    "preference": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion"),
    "ranking": ("prompt",),
    "prompt": ("prompt",),
    "text": (),
}
_LAST = {  # the list that ends a row, and who has its last word
    "chat": ("messages", "assistant"),
    "preference": ("chosen", "assistant"),
    "kto": ("completion", "assistant"),
    "prompt": ("prompt", "user"),
    "ranking": ("prompt", "user"),
}
_SPLITS = ("train", "val", "test")


def read_edits(value: Any) -> dict[int, Mapping[str, Any]]:
    """Edits by id, from {"id": row} with ids as text or numbers. Raises Fault("data.repair.edits")."""
    if not isinstance(value, Mapping) or not value:
        raise Fault("data.repair.edits")
    try:
        edits = {int(key): row for key, row in value.items()}
    except (TypeError, ValueError, OverflowError):
        raise Fault("data.repair.edits") from None
    if not all(isinstance(row, Mapping) for row in edits.values()):
        raise Fault("data.repair.edits")
    return edits


def edited(row: Row, edit: Mapping[str, Any]) -> Row:
    """The row with the content of the edit (its split and other columns too, where it names them); id and place stay.

    Raises:
        Fault: "data.repair.kind", "data.repair.empty", "data.repair.turns", "data.repair.functions", "data.repair.thinking",
        "data.repair.weight", "data.repair.ranks", "data.repair.margin", "data.repair.extra" or "data.repair.split", with the row's number.
    """
    content = content_of(dict(edit))
    number, kind = row["id"], kind_of(row)
    if not content or kind_of(content) != kind:
        raise Fault("data.repair.kind", row=number)
    if edit.get("split", row["split"]) not in _SPLITS:
        raise Fault("data.repair.split", row=number)
    content = _with_calls_read(content, kind, number)
    _check(content, kind, number)
    _weigh(content, number)
    if content.get("tools"):
        _check_functions(content["tools"], number)
    if not conforms(edit.get("extra") or {}, dict[str, str | float | bool | None]):
        raise Fault("data.repair.extra", row=number)
    content = _as_it_was(content_of(row), content)
    kept = {key: value for key, value in row.items() if key not in content_of(row)}
    extra = {"extra": _other_columns(row.get("extra") or {}, edit["extra"])} if edit.get("extra") else {}
    return kept | content | extra | {"split": edit.get("split", row["split"])}


def _with_calls_read(content: dict[str, Any], kind: str, number: int) -> dict[str, Any]:
    """The content with its calls in the form that templates read, as they are imported."""
    read = dict(content)
    for name in _LISTS[kind]:
        if isinstance(content.get(name), list):
            read[name] = [_call_read(message, place, number) for place, message in enumerate(content[name], 1)]
    if _answers(content, number):
        read[ANSWERS] = [
            [_call_read(message, place, number) for place, message in enumerate(one, 1)] for one in content[ANSWERS]
        ]
    return read


def _answers(content: Mapping[str, Any], number: int) -> list[Any]:
    """The answers of a ranking; none of other rows. Raises Fault("data.repair.turns")."""
    found = content.get(ANSWERS, [])
    if not isinstance(found, list) or not all(isinstance(one, list) and one for one in found):
        raise Fault("data.repair.turns", row=number)
    return found


def _call_read(message: Any, place: int, number: int) -> Any:
    if not isinstance(message, Mapping) or not message.get("tool_calls"):
        return message
    try:
        return {**message, "tool_calls": read_calls(message["tool_calls"], place, "tool_calls")}
    except RowFault:
        raise Fault("data.repair.functions", row=number) from None


def _as_it_was(before: Any, edit: Any) -> Any:
    """The edit with each value that is still the same as it was before: a browser sends 1.0 back as 1."""
    if same(before, edit):
        return before
    if isinstance(before, dict) and isinstance(edit, dict):
        return {key: _as_it_was(before[key], one) if key in before else one for key, one in edit.items()}
    if isinstance(before, list) and isinstance(edit, list) and len(before) == len(edit):
        return [_as_it_was(*pair) for pair in zip(before, edit, strict=True)]
    return edit


def _other_columns(before: Mapping[str, Any], edit: Mapping[str, Any]) -> dict[str, Any]:
    """The edit's other columns. A number that is not finite reaches no page, and comes back as nothing: it stays."""
    unseen = {name: one for name, one in before.items() if isinstance(one, float) and not math.isfinite(one)}
    edit = _as_it_was(dict(before), dict(edit))
    return {name: unseen.get(name) if one is None else one for name, one in edit.items()}


def _check(content: Mapping[str, Any], kind: str, number: int) -> None:
    if kind == "text":
        if not isinstance(content.get("text"), str) or not content["text"].strip():
            raise Fault("data.repair.empty", row=number)
        return
    if kind == "kto" and not isinstance(content.get("label"), bool):
        raise Fault("data.repair.kind", row=number)
    for name in _LISTS[kind]:
        if not isinstance(content.get(name), list) or not content[name]:
            raise Fault("data.repair.turns", row=number)
        for message in content[name]:
            _check_message(message, number)
    if kind == "prompt" and not isinstance(content.get("reference"), Mapping):
        raise Fault("data.repair.kind", row=number)
    last, said = _LAST[kind]
    if kind != "ranking" and content[last][-1]["role"] != said:
        raise Fault("data.repair.turns", row=number)
    _check_answers(content, number)


def _check_answers(content: Mapping[str, Any], number: int) -> None:
    """Of a ranking: each answer ends with the assistant's word, and has a rank."""
    for answer in content.get(ANSWERS, ()):
        for message in answer:
            _check_message(message, number)
        if answer[-1]["role"] != "assistant":
            raise Fault("data.repair.turns", row=number)
    if ANSWERS in content and ranks_fault(content[ANSWERS], content.get("ranks"), content.get("scores")):
        raise Fault("data.repair.ranks", row=number)
    if "margin" in content and not is_margin(content["margin"]):
        raise Fault("data.repair.margin", row=number)


def _weigh(content: dict[str, Any], number: int) -> None:
    """What the row and its answers count: kept where it says something. Raises Fault("data.repair.weight")."""
    for name in _LISTS[kind_of(content)]:
        content[name] = [dict(message) for message in content[name]]
    if ANSWERS in content:
        content[ANSWERS] = [[dict(message) for message in one] for one in content[ANSWERS]]
    answers = [message for messages in message_lists(content) for message in messages]
    for one in (content, *answers):
        weight = number_of(one.pop("weight", 1))
        if weight is None or not in_range(weight):
            raise Fault("data.repair.weight", row=number)
        if weight != 1 and one.get("role", "assistant") == "assistant":
            one["weight"] = weight


def _check_message(message: Any, number: int) -> None:
    if not isinstance(message, Mapping) or message.get("role") not in _ROLES:
        raise Fault("data.repair.turns", row=number)
    if THINKING in message and not (message["role"] == "assistant" and isinstance(message[THINKING], str)):
        raise Fault("data.repair.thinking", row=number)
    if calls := message.get("tool_calls"):
        _check_functions(calls, number)
    elif not isinstance(message.get("content"), str) or not message["content"].strip():
        raise Fault("data.repair.empty", row=number)


def _check_functions(found: Any, number: int) -> None:
    """Definitions or calls of functions: each has a function with a name."""
    listed = found if isinstance(found, list) else [None]
    functions = [one.get("function") if isinstance(one, Mapping) else None for one in listed]
    if not all(isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in functions):
        raise Fault("data.repair.functions", row=number)
