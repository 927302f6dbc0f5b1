"""How much turns and rows count in the loss: "weight", "train", "loss", "loss_mask", "masked" and their like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.data.records.record import RowFault, show
from engine.data.schema.contents import json_list
from engine.data.schema.declared import plain_name
from engine.data.schema.weighted import HIDES, MARKS, in_range, number_of

PARTS = ("training_detail", "train_detail")  # which characters of a turn are learnt: nothing here can do that
Message = dict[str, Any]


def weight_of_turn(turn: Mapping[str, Any], place: int, column: str) -> float:
    """How much a turn counts: the product of all that its members say; 1 where they say nothing.

    Raises:
        RowFault: "data.turn.weight" or "data.turn.weight_parts".
    """
    weight: float = 1
    for key in sorted(MARKS & turn.keys()):
        if (found := _said(turn[key], key)) is None:
            raise RowFault("data.turn.weight", column, turn=place, key=key, found=show(turn[key]))
        weight *= found
    for key in PARTS:
        parts = turn.get(key)
        if parts and (not isinstance(parts, list) or any(map(_hidden, parts))):
            raise RowFault("data.turn.weight_parts", column, turn=place, key=key)
    return weight


def weight_of_row(value: Any, column: str) -> float:
    """How much a row counts, as its column is called; 1 where that is empty. Raises RowFault("data.row.weight")."""
    found = _said(value, _kind_of(column))
    if found is None:
        raise RowFault("data.row.weight", column, found=show(value))
    return found


def cell_of(weight: float, column: str) -> float | bool:
    """What stands in a column for the weight of a row."""
    kind = _kind_of(column)
    if kind == "weight" or weight not in (0, 1):
        return weight
    return (weight == 1) != (kind in HIDES)


def _kind_of(column: str) -> str:
    """Which of MARKS a column is."""
    name = plain_name(column)
    return name if name in MARKS else "weight"


def weigh(message: Message, weight: float) -> None:
    """Note how much an answer counts, beside what it counts already."""
    weight *= message.get("weight", 1)
    if weight != 1 and message["role"] == "assistant":
        message["weight"] = weight


def weigh_turns(messages: Sequence[Message], value: Any, column: str) -> None:
    """Note what a list beside the turns says of each: of every turn, or of every answer.

    Raises:
        RowFault: "data.row.marks" where it is no such list, or of another length.
    """
    marks = json_list(value) if isinstance(value, str) else value
    if marks in (None, "", []):
        return
    found = [_said(mark, "loss_mask") for mark in marks] if isinstance(marks, list) else []
    answers = [message for message in messages if message["role"] == "assistant"]
    chosen = messages if len(found) == len(messages) else answers
    if len(found) != len(chosen) or None in found:
        raise RowFault("data.row.marks", column, found=show(value), turns=len(messages))
    for message, weight in zip(chosen, found, strict=True):
        weigh(message, weight or 0)


def _said(value: Any, key: str) -> float | None:
    """The weight that one member says; None for a value that makes no sense there. Nothing says 1."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return 1
    number = number_of(value)
    if number is None or not in_range(number):
        return None
    if key in HIDES:
        return 1 - number if number in (0, 1) else None
    return number if key == "weight" or number <= 1 else None


def _hidden(part: Any) -> bool:
    return not isinstance(part, Mapping) or number_of(part.get("train")) != 1
