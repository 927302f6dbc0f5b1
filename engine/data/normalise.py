"""From a record of the file to a row of conversation or text. Texts stay exactly as they are, or the row is rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.data.encodings import is_damaged
from engine.data.json_text import parse
from engine.data.records import MAX_FIELD, Record, RowFault, show
from engine.data.shapes import Shape

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
}
Row = dict[str, Any]
Message = dict[str, str]


def normaliser(shape: Shape, mapping: Mapping[str, str]) -> Callable[[Record], Row]:
    """The function that makes a row of a record, or raises RowFault."""
    make = _MAKERS[shape.key]

    def normalise(record: Record) -> Row:
        line = record.row if record.line is None else record.line
        return {"line": line, **make(record.values, mapping)}

    return normalise


def _text_row(values: Mapping[str, Any], mapping: Mapping[str, str]) -> Row:
    return {"text": _needed(values, mapping["text"])}


def _alpaca_row(values: Mapping[str, Any], mapping: Mapping[str, str]) -> Row:
    prompt = _needed(values, mapping["instruction"])
    if extra := _optional(values, mapping.get("input")):
        prompt = f"{prompt}\n{extra}"
    return _pair(prompt, _needed(values, mapping["output"]), _optional(values, mapping.get("system")))


def _prompt_row(values: Mapping[str, Any], mapping: Mapping[str, str]) -> Row:
    prompt, answer = _needed(values, mapping["prompt"]), _needed(values, mapping["completion"])
    return _pair(prompt, answer, _optional(values, mapping.get("system")))


def _pair(prompt: str, answer: str, system: str) -> Row:
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return {"messages": messages}


def _turns_row(field: str, role_key: str, text_key: str) -> Callable[[Mapping[str, Any], Mapping[str, str]], Row]:
    def make(values: Mapping[str, Any], mapping: Mapping[str, str]) -> Row:
        column = mapping[field]
        turns = _turns(_present(values, column), column)
        messages = [_message(turn, place, column, role_key, text_key) for place, turn in enumerate(turns, 1)]
        _check_order(messages, column)
        if system := _optional(values, mapping.get("system")):
            if messages[0]["role"] == "system":
                raise RowFault("data.turn.two_systems", mapping["system"])
            messages.insert(0, {"role": "system", "content": system})
        return {"messages": messages}

    return make


_MAKERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, str]], Row]] = {
    "text": _text_row,
    "alpaca": _alpaca_row,
    "prompt_completion": _prompt_row,
    "messages": _turns_row("messages", "role", "content"),
    "sharegpt": _turns_row("conversations", "from", "value"),
}


def _present(values: Mapping[str, Any], column: str) -> Any:
    if column not in values:
        raise RowFault("data.row.no_column", column, found=show(", ".join(values) or "-"))
    return values[column]


def _needed(values: Mapping[str, Any], column: str) -> str:
    """The text of a required column."""
    value = _present(values, column)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise RowFault("data.row.empty", column)
    return _text(value, column)


def _optional(values: Mapping[str, Any], column: str | None) -> str:
    """The text of an optional column; empty where there is none or only white space."""
    value = values.get(column) if column else None
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    return _text(value, column or "")


def _text(value: Any, column: str) -> str:
    if not isinstance(value, str):
        raise RowFault("data.row.not_text", column, found=show(value))
    check_characters(value, column)
    return value


def check_characters(text: str, column: str) -> None:
    """Reject what no model can be taught: too much at once, NUL, half characters."""
    if len(text) > MAX_FIELD:
        raise RowFault("data.row.field_too_long", column, limit=MAX_FIELD)
    if "\0" in text:
        raise RowFault("data.row.nul", column)
    if is_damaged(text):
        raise RowFault("data.row.half_character", column)


def _turns(value: Any, column: str) -> list[Any]:
    if isinstance(value, str) and value.strip():
        try:
            value = parse(value, 1)
        except RowFault as fault:
            raise RowFault("data.turn.not_json", column) from fault
    if value is None or value in ("", []):
        raise RowFault("data.row.empty", column)
    if not isinstance(value, list):
        raise RowFault("data.turn.no_list", column, found=show(value))
    return value


def _message(turn: Any, place: int, column: str, role_key: str, text_key: str) -> Message:
    if not isinstance(turn, dict):
        raise RowFault("data.turn.no_object", column, turn=place, found=show(turn))
    for key in (role_key, text_key):
        if key not in turn:
            raise RowFault("data.turn.no_key", column, turn=place, key=key, found=show(", ".join(turn) or "-"))
    role, content = turn[role_key], turn[text_key]
    known = ROLES.get(role.strip().lower()) if isinstance(role, str) else None
    if known is None:
        raise RowFault("data.turn.unknown_role", column, turn=place, role=show(role))
    if turn.get("tool_calls"):
        raise RowFault("data.turn.tools", column, turn=place)
    if not isinstance(content, str):
        raise RowFault("data.turn.not_text", column, turn=place, found=show(content))
    if not content.strip():
        raise RowFault("data.turn.empty", column, turn=place, role=known)
    check_characters(content, column)
    return {"role": known, "content": content}


def _check_order(messages: list[Message], column: str) -> None:
    """After an optional system turn: user and assistant in turns, the last word with the assistant."""
    first = 1 if messages[0]["role"] == "system" else 0
    for place, message in enumerate(messages[first:]):
        role, expected = message["role"], ("user", "assistant")[place % 2]
        turn = first + place + 1
        if role == "system":
            raise RowFault("data.turn.late_system", column, turn=turn)
        if role != expected:
            code = "data.turn.first" if place == 0 else "data.turn.twice"
            raise RowFault(code, column, turn=turn, role=role)
    if not any(message["role"] == "assistant" for message in messages):
        raise RowFault("data.turn.no_answer", column)
    if messages[-1]["role"] != "assistant":
        raise RowFault("data.turn.last", column)
