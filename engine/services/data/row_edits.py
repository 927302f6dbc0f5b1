"""Rows changed by hand: checked as imported ones are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.shapes import CodedMessage
from engine.data.records.record import RowFault, show
from engine.data.rows.row import ANSWERS, THINKING, named_lists
from engine.data.schema.normalise.texts import check_characters, check_nested
from engine.data.schema.normalise.tools import read_calls
from engine.data.schema.normalise.turns import check_order
from engine.data.schema.normalise.weights import weight_of_row, weight_of_turn
from engine.data.schema.ranked import ranks_fault


def check_row(row: Mapping[str, Any]) -> CodedMessage | None:
    """What keeps a row from being used: {"code", "params"} of its sentence, or None."""
    try:
        _check(row)
    except RowFault as fault:
        return {"code": fault.code, "params": fault.params | {"column": fault.column}}
    return None


def _check(row: Mapping[str, Any]) -> None:
    if "text" in row:
        _check_text(row["text"], "text")
    _check_weights(row)
    if ANSWERS in row and (code := ranks_fault(row[ANSWERS], row.get("ranks"), row.get("scores"))):
        raise RowFault(code, "ranks")
    for key, messages in named_lists(row):
        if not messages:
            raise RowFault("data.row.empty", key)
        for place, message in enumerate(messages, 1):
            _check_message(message, place, key)
    for key, messages in named_lists(row):
        if key in ("messages", "prompt"):
            check_order(messages, key, answered=key == "messages")
        elif messages[-1]["role"] != "assistant":
            raise RowFault("data.turn.last", key)


def _check_weights(row: Mapping[str, Any]) -> None:
    weight_of_row(row.get("weight"), "weight")
    for key, messages in named_lists(row):
        for place, message in enumerate(messages, 1):
            weight_of_turn({"weight": message.get("weight")}, place, key)


def _check_text(text: Any, column: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise RowFault("data.row.empty", column)
    check_characters(text, column)


def _check_message(message: Mapping[str, Any], place: int, column: str) -> None:
    role = message.get("role")
    if role not in ("system", "user", "assistant", "tool"):
        raise RowFault("data.turn.unknown_role", column, turn=place, role=str(role)[:60])
    if calls := message.get("tool_calls"):
        check_nested(read_calls(calls, place, column), column)
    text = message.get("content") or ""
    if not str(text).strip() and role != "tool" and not message.get("tool_calls"):
        raise RowFault("data.turn.empty", column, turn=place, role=role)
    check_characters(str(text), column)
    thinking = message.get(THINKING, "")
    if not isinstance(thinking, str):
        raise RowFault("data.row.not_text", column, found=show(thinking))
    check_characters(thinking, column)
