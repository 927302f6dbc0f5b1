"""Definitions of functions and calls of them, in the one form that chat templates read: arguments as an object."""

from __future__ import annotations

import json
from typing import Any

from engine.data.records.record import RowFault, show

Call = dict[str, Any]


def tools_of(value: Any, column: str) -> list[dict[str, Any]]:
    """The functions that the assistant may call: [{"type": "function", "function": {...}}]; empty for none.

    Accepts a list, the same as JSON, and bare definitions {"name", "description", "parameters"}.

    Raises:
        RowFault: "data.tools.no_list", "data.tools.no_function".
    """
    found = _json(value, column, "data.tools.no_list") if isinstance(value, str) and value.strip() else value
    if found in (None, "", []) or (isinstance(found, str) and not found.strip()):
        return []
    if not isinstance(found, list):
        raise RowFault("data.tools.no_list", column, found=show(value))
    return [_tool(one, place, column) for place, one in enumerate(found, 1)]


def _tool(one: Any, place: int, column: str) -> dict[str, Any]:
    function = one.get("function", one) if isinstance(one, dict) else None
    if not isinstance(function, dict) or not _is_name(function.get("name")):
        raise RowFault("data.tools.no_function", column, place=place, found=show(one))
    return {"type": "function", "function": function}


def calls_of(turn: dict[str, Any], place: int, column: str) -> list[Call]:
    """The calls that a turn makes: "tool_calls", or the older "function_call"; empty for none.

    Raises:
        RowFault: "data.turn.calls", "data.turn.arguments".
    """
    found = turn.get("tool_calls") or turn.get("function_call")
    if not found:
        return []
    return read_calls(found, place, column)


def read_calls(found: Any, place: int, column: str) -> list[Call]:
    """Calls from a list, one object, or the JSON of either."""
    value = _json(found, column, "data.turn.calls", turn=place) if isinstance(found, str) else found
    several = value if isinstance(value, list) else [value]
    if not several:
        raise RowFault("data.turn.calls", column, turn=place, found=show(found))
    return [_call(one, place, column) for one in several]


def _call(one: Any, place: int, column: str) -> Call:
    function = one.get("function", one) if isinstance(one, dict) else None
    if not isinstance(function, dict) or not _is_name(function.get("name")):
        raise RowFault("data.turn.calls", column, turn=place, found=show(one))
    arguments = function.get("arguments", function.get("parameters"))
    if isinstance(arguments, str):
        arguments = _json(arguments or "{}", column, "data.turn.arguments", turn=place, name=show(function["name"]))
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise RowFault("data.turn.arguments", column, turn=place, name=show(function["name"]), found=show(arguments))
    call: Call = {"type": "function", "function": {"name": function["name"], "arguments": arguments}}
    return {"id": one["id"], **call} if isinstance(one.get("id"), str) and one["id"] else call


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _json(text: str, column: str, code: str, **params: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RowFault(code, column, **params, found=show(text)) from None
