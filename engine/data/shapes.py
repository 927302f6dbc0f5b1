"""The shapes that a data set may come in, and which of them the columns at hand have. Names count only as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Fault

TURN_KEYS = {"messages": ("role", "content"), "sharegpt": ("from", "value")}


@dataclass(frozen=True)
class Field:
    """One thing that a shape needs from a column. `names` are the column names that mean it, the usual one first."""

    key: str
    names: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True)
class Shape:
    """How the columns of a file become rows. Labels: `data.shape.<key>`, `data.field.<field>`."""

    key: str
    kind: str  # "chat" or "text"
    fields: tuple[Field, ...]


_SYSTEM = Field("system", ("system", "system_prompt", "系统提示", "系统提示词", "系统"), required=False)
_ANSWERS = ("response", "answer", "reply", "回答", "答案", "回复", "答复")
SHAPES = (
    Shape("messages", "chat", (Field("messages", ("messages", "conversations", "conversation", "对话")), _SYSTEM)),
    Shape("sharegpt", "chat", (Field("conversations", ("conversations", "conversation", "messages", "对话")), _SYSTEM)),
    Shape(
        "alpaca",
        "chat",
        (
            Field("instruction", ("instruction", "指令")),
            Field("input", ("input", "context", "输入"), required=False),
            Field("output", ("output", "completion", *_ANSWERS, "输出")),
            _SYSTEM,
        ),
    ),
    Shape(
        "prompt_completion",
        "chat",
        (
            Field("prompt", ("prompt", "question", "query", "user", "human", "input", "问题", "提问", "提示", "输入")),
            Field("completion", ("completion", *_ANSWERS, "assistant", "gpt", "output", "输出")),
            _SYSTEM,
        ),
    ),
    Shape("text", "text", (Field("text", ("text", "content", "文本", "正文", "内容")),)),
)
_PREFERENCE = {"chosen", "rejected"}


@dataclass
class Guess:
    """What the columns look like: a shape (or None), its mapping, and remarks [(code, params)]."""

    shape: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    remarks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def shape_of(key: str | None) -> Shape:
    """The shape called `key`.

    Raises:
        Fault: "data.mapping.no_shape".
    """
    for shape in SHAPES:
        if shape.key == key:
            return shape
    raise Fault("data.mapping.no_shape")


def shapes_view() -> list[dict[str, Any]]:
    """Every shape with its fields, for forms."""
    return [
        {"key": shape.key, "fields": [{"key": f.key, "required": f.required} for f in shape.fields]} for shape in SHAPES
    ]


def plain_name(name: str) -> str:
    """A column name as it is compared: no case, one kind of separator."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def is_known_name(name: str) -> bool:
    """Whether a column of this name means something to any shape."""
    return any(plain_name(name) in f.names for shape in SHAPES for f in shape.fields)


def guess_shape(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Guess:
    """The shape of a file by its columns' contents, then by their names."""
    guess = _guess_turns(columns, rows) or _guess_columns(columns, rows)
    names = {plain_name(column) for column in columns}
    if names >= _PREFERENCE:
        guess.remarks.append(("shape.preference", {}))
    if guess.shape:
        used = set(guess.mapping.values())
        if unused := [column for column in columns if column not in used]:
            guess.remarks.append(("columns.unused", {"columns": ", ".join(unused[:20])}))
    return guess


def _guess_turns(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Guess | None:
    found = {column: key for column in columns if (key := _turns_shape([row.get(column) for row in rows]))}
    if not found:
        return None
    named = [c for c in found if plain_name(c) in {n for s in SHAPES[:2] for n in s.fields[0].names}]
    choice = list(found) if len(found) == 1 else named
    if len(choice) != 1:
        return Guess(remarks=[("shape.ambiguous", {"columns": ", ".join(found), "field": "messages"})])
    column, key = choice[0], found[choice[0]]
    turns, *others = shape_of(key).fields
    guess = Guess(key, {turns.key: column})
    first, second = TURN_KEYS[key]
    guess.remarks.append(("shape.turns", {"column": column, "first": first, "second": second}))
    for other in others:
        _fill(guess, other, columns, rows)
    return guess


def _turns_shape(values: Sequence[Any]) -> str | None:
    """The shape whose turns most of these values are; None for columns of text."""
    votes = [key for value in values if (key := _turns_of(value))]
    filled = sum(value is not None for value in values)
    for key in TURN_KEYS:
        if votes.count(key) * 2 > filled:
            return key
    return None


def _turns_of(value: Any) -> str | None:
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return None
    return next((key for key, names in TURN_KEYS.items() if all(name in value[0] for name in names)), None)


def _guess_columns(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Guess:
    trials = [_try(shape, columns, rows) for shape in SHAPES[2:]]
    for guess in trials:
        if guess.shape and all(f.key in guess.mapping for f in shape_of(guess.shape).fields if f.required):
            guess.remarks.insert(0, ("shape.names", {"columns": ", ".join(guess.mapping.values())}))
            return guess
    ambiguous = [guess for guess in trials if guess.remarks]
    return ambiguous[0] if ambiguous else Guess(remarks=[("shape.unknown", {})])


def _try(shape: Shape, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Guess:
    guess = Guess(shape.key)
    for wanted in shape.fields:
        _fill(guess, wanted, columns, rows)
    return guess


def _fill(guess: Guess, wanted: Field, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Map `wanted` to the column that bears its usual name, or the only one that bears any of its names."""
    taken = set(guess.mapping.values())
    fits = [c for c in columns if c not in taken and plain_name(c) in wanted.names and _is_text(c, rows)]
    usual = [c for c in fits if plain_name(c) == wanted.names[0]]
    if len(usual) == 1 or len(fits) == 1:
        guess.mapping[wanted.key] = (usual or fits)[0]
    elif fits:
        guess.remarks.append(("shape.ambiguous", {"columns": ", ".join(fits), "field": wanted.key}))


def _is_text(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = [row[column] for row in rows if row.get(column) is not None]
    return not values or sum(isinstance(value, str) for value in values) * 2 > len(values)


def check_mapping(shape: Shape, mapping: Mapping[str, str | None], columns: Sequence[str]) -> dict[str, str]:
    """The mapping without empty entries.

    Raises:
        Fault: "data.mapping.missing", "data.mapping.unknown_field", "data.mapping.unknown_column",
            "data.mapping.same_column".
    """
    chosen = {key: column for key, column in mapping.items() if column}
    known = {f.key for f in shape.fields}
    seen: dict[str, str] = {}
    for key, column in chosen.items():
        if key not in known:
            raise Fault("data.mapping.unknown_field", field=str(key)[:60])
        if column not in columns:
            raise Fault("data.mapping.unknown_column", column=str(column)[:200], field=key)
        if column in seen:
            raise Fault("data.mapping.same_column", column=column, field=key, other=seen[column])
        seen[column] = key
    for f in shape.fields:
        if f.required and f.key not in chosen:
            raise Fault("data.mapping.missing", field=f.key)
    return chosen
