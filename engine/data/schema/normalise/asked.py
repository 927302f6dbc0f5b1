"""A question and an answer in columns of their own: texts, or lists of turns; with the turns before them and the tools beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.records.record import RowFault
from engine.data.schema.contents import turns_of
from engine.data.schema.layouts.turn_lists import TURN_KEYS
from engine.data.schema.normalise.texts import Fields, check_nested, with_input
from engine.data.schema.normalise.thoughts import answer_of_row
from engine.data.schema.normalise.tidy import tidied
from engine.data.schema.normalise.tools import tools_of
from engine.data.schema.normalise.turns import Message, check_order, read_any_turns, read_turns, turn_list, with_system

Values = Mapping[str, Any]


def asked_row(values: Values, fields: Fields, question: str, answer: str) -> dict[str, Any]:
    """The conversation of the fields `question` and `answer`. Raises RowFault."""
    if fields.simple and (text := fields.plain(values, question)) and (told := fields.plain(values, answer)):
        asked = with_input(text, values, fields, question)
        return {"messages": _with_own_system([_user(asked), answer_of_row(told, values, fields)], values, fields)}
    before = _turns(values, fields, question)
    said = _turns(values, fields, answer)
    if before is None:
        asked = with_input(fields.needed(values, question), values, fields, question)
        before = [*earlier(values, fields), _user(asked)]
    else:
        before = with_given([*earlier(values, fields), *before], values, fields, question)
    plain = said is None
    messages = [*before, *(said or [answer_of_row(fields.said(values, answer), values, fields)])]
    messages = tidied(_with_own_system(messages, values, fields), fields.tidy)
    if len(messages) > 2 or not plain:
        check_order(messages, fields.column(question if plain else answer))
    return {"messages": messages, **tools_beside(values, fields)}


def _user(text: str) -> Message:
    return {"role": "user", "content": text}


def _with_own_system(messages: list[Message], values: Values, fields: Fields) -> list[Message]:
    return with_system(messages, fields.optional(values, "system"), fields.column("system"))


def _turns(values: Values, fields: Fields, key: str) -> list[Message] | None:
    """The messages of a field that holds turns; None where it holds a text."""
    value = fields.alone(values, key)
    if not isinstance(value, (list, dict)) and not (isinstance(value, str) and value.lstrip()[:1] in ("[", "(")):
        return None
    return read_any_turns(value, fields.column(key))


def with_given(messages: list[Message], values: Values, fields: Fields, question: str) -> list[Message]:
    """The conversation whose last question has with it what is given along with it."""
    if not messages or messages[-1]["role"] != "user":
        return messages
    *before, last = messages
    return [*before, {**last, "content": with_input(str(last["content"]), values, fields, question)}]


def earlier(values: Values, fields: Fields) -> list[Message]:
    """The turns before the question, by its own field; none where there is no such field, or nothing in it. Raises RowFault."""
    value = fields.raw(values, "history")
    if value is None or value in ([], {}) or (isinstance(value, str) and value.strip() in ("", "[]", "()")):
        return []
    column = fields.column("history")
    if turns_of(value, named=True) is None:
        turn_list(value, column)  # says what is wrong where it is no list at all
        raise RowFault("data.history.no_turns", column)
    return read_turns(value, column, TURN_KEYS["messages"])


def tools_beside(values: Values, fields: Fields) -> dict[str, Any]:
    """The tools of a row, where there are any, as {"tools": [...]}. Raises RowFault."""
    if not fields.has("tools"):
        return {}
    tools = tools_of(fields.raw(values, "tools"), fields.column("tools"))
    check_nested(tools, fields.column("tools"))
    return {"tools": tools} if tools else {}
