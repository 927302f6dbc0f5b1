"""Lists of turns to messages, in the order that a conversation has."""

from __future__ import annotations

from typing import Any

from engine.data.records.record import RowFault, show
from engine.data.rows.row import THINKING
from engine.data.schema.contents import turn_of, turns_of
from engine.data.schema.layouts.literals import object_in, read_list
from engine.data.schema.layouts.parts import foreign_part, joined
from engine.data.schema.layouts.roles import CALLING, ROLES, role_name, role_of
from engine.data.schema.layouts.turn_lists import TURN_KEYS, from_columns, usual_turns
from engine.data.schema.normalise.texts import as_said, check_characters, check_nested
from engine.data.schema.normalise.thoughts import turn_with_thinking
from engine.data.schema.normalise.tool_values import result_text
from engine.data.schema.normalise.tools import calls_of, read_calls
from engine.data.schema.normalise.weights import weigh, weight_of_turn

Message = dict[str, Any]
_USUAL = frozenset(name for name, role in ROLES.items() if role != "tool") - set(CALLING)


def read_turns(value: Any, column: str, keys: tuple[str, str]) -> list[Message]:
    """The messages of a list of turns (or of its JSON), in whatever order they come. Raises RowFault."""
    turns = turn_list(value, column)
    made = [_plain(turn, column, *keys) for turn in turns]
    if all(made):
        return made  # type: ignore[return-value]
    usual = usual_turns(turns)
    found = [
        _plain(turn, column, "role", "content") or _message(turn, place, column, *_keys_of(turn, keys))
        for place, turn in enumerate(usual, 1)
    ]
    return _without_empty_system(found, column)


def _without_empty_system(messages: list[Message], column: str) -> list[Message]:
    """An empty system turn is no system prompt. Raises RowFault where nothing else is there."""
    kept = [one for one in messages if one["content"] or one["role"] != "system"]
    if not kept:
        raise RowFault("data.row.empty", column)
    return kept


def _keys_of(turn: Any, keys: tuple[str, str]) -> tuple[str, str]:
    """By what a sentence names the members of a turn: those of the column where it has them."""
    return keys if isinstance(turn, dict) and keys[0] in turn and "role" not in turn else TURN_KEYS["messages"]


def _plain(turn: Any, column: str, role_key: str, text_key: str) -> Message | None:
    """The message of a turn that holds a usual role and its words alone, as nearly all do; None for any other."""
    if not isinstance(turn, dict) or len(turn) != 2:
        return None
    said, content = turn.get(role_key), turn.get(text_key)
    if not isinstance(said, str) or said not in _USUAL or not isinstance(content, str) or not content.strip():
        return None
    check_characters(content, column)
    return {"role": ROLES[said], "content": content}


def read_any_turns(value: Any, column: str) -> list[Message] | None:
    """The messages of turns in either shape, of one turn by itself; None for what is no turns at all."""
    if isinstance(value, str) and value[:1] == "{":
        value = told_object(value)
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if (key := turns_of(value)) is not None:
        return read_turns(value, column, TURN_KEYS[key])
    if (key := turn_of(value)) is not None:
        return read_turns([value], column, TURN_KEYS[key])
    return None


def told_object(text: str) -> Any:
    """{"messages": [turns], ...} or one turn of a known role with its words alone, where a text is its JSON; else the text."""
    found = object_in(text)
    if not isinstance(found, dict):
        return text
    if turns_of(found.get("messages")) is not None:
        return found
    said = next((found[role] for role, words in TURN_KEYS.values() if set(found) == {role, words}), None)
    return text if role_of(role_name(said)) is None else found


def turn_list(value: Any, column: str) -> list[Any]:
    """A list of turns, also where it is written as JSON or as Python writes it. Raises RowFault."""
    if isinstance(value, str) and value.strip():
        try:
            value = read_list(value)
        except RowFault as fault:
            raise RowFault("data.turn.not_json", column) from fault
    if isinstance(value, dict):
        value = from_columns(value)
    if value is None or value in ("", []):
        raise RowFault("data.row.empty", column)
    if not isinstance(value, list):
        raise RowFault("data.turn.no_list", column, found=show(value))
    return value


def _message(turn: Any, place: int, column: str, role_key: str, text_key: str) -> Message:
    if not isinstance(turn, dict):
        raise RowFault("data.turn.no_object", column, turn=place, found=show(turn))
    if role_key not in turn:
        raise _no_key(turn, place, column, role_key)
    said = turn[role_key]
    name = role_name(said)
    role = role_of(name)
    if role is None:
        raise RowFault("data.turn.unknown_role", column, turn=place, role=show(said))
    if name in CALLING:
        calls = read_calls(turn.get(text_key), place, column)
        check_nested(calls, column)
        called: Message = {"role": role, "content": "", "tool_calls": calls}
        weigh(called, weight_of_turn(turn, place, column))
        return called
    thinking = ""
    if role == "assistant":
        turn, thinking = turn_with_thinking(turn, text_key, place, column)
    calls = calls_of(turn, place, column) if role == "assistant" else []
    if text_key not in turn and not calls:
        raise _no_key(turn, place, column, text_key)
    content = _content(turn.get(text_key), place, column, role, bool(calls))
    message: Message = {"role": role, "content": content}
    if thinking:
        message[THINKING] = thinking
    if calls:
        message["tool_calls"] = calls
    if role == "tool":
        message |= {key: turn[key] for key in ("tool_call_id", "name") if isinstance(turn.get(key), str) and turn[key]}
    if len(message) > 2:
        check_nested(message, column)
    weigh(message, weight_of_turn(turn, place, column))
    return message


def _no_key(turn: dict[str, Any], place: int, column: str, key: str) -> RowFault:
    return RowFault("data.turn.no_key", column, turn=place, key=key, found=show(", ".join(turn) or "-"))


def _content(value: Any, place: int, column: str, role: str, may_be_empty: bool) -> str:
    """The words of a turn, also where they come in parts [{"type": "text", "text": ...}]."""
    if role == "tool":
        value = result_text(value)
    if isinstance(value, list):
        if part := foreign_part(value):
            raise RowFault("data.turn.part", column, turn=place, part=show(part))
        text = joined(value) if value else ""
        value = value if text is None else text
    if role == "assistant":
        value = as_said(value)
    if value is None and (may_be_empty or role == "system"):
        return ""
    if not isinstance(value, str):
        raise RowFault("data.turn.not_text", column, turn=place, found=show(value))
    if not value.strip():
        if may_be_empty or role in ("tool", "system"):
            return ""
        raise RowFault("data.turn.empty", column, turn=place, role=role)
    check_characters(value, column)
    return value


_BEFORE = {  # role -> roles that it may follow; "" is the beginning
    "user": ("", "assistant"),
    "assistant": ("user", "tool"),
    "tool": ("assistant", "tool"),
}


def check_order(messages: list[Message], column: str, *, answered: bool = True) -> None:
    """After an optional system turn: user and assistant in turns, results of tools behind a call; `answered`: an answer at the end.

    Raises:
        RowFault: "data.turn.late_system", "data.turn.first", "data.turn.twice", "data.turn.tool_alone", "data.turn.tool_unread",
            "data.turn.no_result", "data.turn.no_answer", "data.turn.last", "data.turn.last_tool".
    """
    first = 1 if messages[0]["role"] == "system" else 0
    before: Message = {"role": ""}
    for turn, message in enumerate(messages[first:], first + 1):
        _check_place(message, before, turn, column)
        before = message
    if answered and not any(message["role"] == "assistant" for message in messages):
        raise RowFault("data.turn.no_answer", column)
    if answered and messages[-1]["role"] != "assistant":
        raise RowFault("data.turn.last_tool" if messages[-1]["role"] == "tool" else "data.turn.last", column)


def _check_place(message: Message, before: Message, turn: int, column: str) -> None:
    role = message["role"]
    if role == "system":
        raise RowFault("data.turn.late_system", column, turn=turn)
    if before.get("tool_calls") and role != "tool":
        raise RowFault("data.turn.no_result", column, turn=turn, role=role)
    if before["role"] not in _BEFORE[role]:
        if role == "tool":
            raise RowFault("data.turn.tool_alone", column, turn=turn)
        if before["role"] == "tool":
            raise RowFault("data.turn.tool_unread", column, turn=turn)
        raise RowFault("data.turn.twice" if before["role"] else "data.turn.first", column, turn=turn, role=role)


def with_system(messages: list[Message], system: str, column: str) -> list[Message]:
    """The conversation behind its system prompt. Raises RowFault where there are two."""
    if not system:
        return messages
    if messages and messages[0]["role"] == "system":
        raise RowFault("data.turn.two_systems", column)
    return [{"role": "system", "content": system}, *messages]
