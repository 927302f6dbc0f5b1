"""Definitions of functions and calls of them, in the one form that chat templates read: arguments as an object."""

from __future__ import annotations

from typing import Any

from engine.data.records.record import RowFault, show
from engine.data.schema.normalise.tool_values import defined, json_in

Call = dict[str, Any]
_ARGUMENTS = ("arguments", "parameters", "args", "input")  # where arguments may stand
_BESIDE = frozenset({*_ARGUMENTS, "name", "function", "id", "call_id", "type", "index", "description"})
_SCHEMAS = ("input_schema", "inputSchema", "args_schema")


def tools_of(value: Any, column: str) -> list[dict[str, Any]]:
    """The functions that the assistant may call: [{"type": "function", "function": {...}}]; empty for none.

    Accepts a list, the same as JSON, and bare definitions {"name", "description", "parameters"}, each also as JSON.

    Raises:
        RowFault: "data.tools.no_list", "data.tools.no_function", "data.tools.doubled_key", "data.tools.not_finite".
    """
    found = json_in(value, column, "data.tools.no_list") if isinstance(value, str) else value
    if found in (None, "", []):
        return []
    if not isinstance(found, list):
        raise RowFault("data.tools.no_list", column, found=show(value))
    return [_tool(one, place, column) for place, one in enumerate(found, 1)]


def _tool(one: Any, place: int, column: str) -> dict[str, Any]:
    if isinstance(one, str):
        one = json_in(one, column, "data.tools.no_function", place=place)
    function = (one.get("function") or one) if isinstance(one, dict) else None
    if not isinstance(function, dict) or not _is_name(function.get("name")):
        raise RowFault("data.tools.no_function", column, place=place, found=show(one))
    return {"type": "function", "function": defined(_with_parameters(function, place, column))}


def _with_parameters(function: dict[str, Any], place: int, column: str) -> dict[str, Any]:
    """The definition with its parameters as an object under the usual name, whether they are JSON or called a schema."""
    if "parameters" not in function:
        function = {"parameters" if key in _SCHEMAS else key: value for key, value in function.items()}
    if not isinstance(function.get("parameters"), str):
        return function
    found = json_in(function["parameters"], column, "data.tools.no_function", place=place)
    return {**function, "parameters": found}


def calls_of(turn: dict[str, Any], place: int, column: str) -> list[Call]:
    """The calls that a turn makes: "tool_calls", or the older "function_call"; empty for none.

    Raises:
        RowFault: "data.turn.calls", "data.turn.arguments", "data.tools.doubled_key", "data.tools.not_finite".
    """
    found = turn.get("tool_calls") or turn.get("function_call")
    if not found:
        return []
    return read_calls(found, place, column)


def read_calls(found: Any, place: int, column: str) -> list[Call]:
    """Calls from a list, one object, or the JSON of either."""
    value = json_in(found, column, "data.turn.calls", turn=place) if isinstance(found, str) else found
    several = value if isinstance(value, list) else [value]
    if not several:
        raise RowFault("data.turn.calls", column, turn=place, found=show(found))
    return [_call(one, place, column) for one in several]


def _call(one: Any, place: int, column: str) -> Call:
    if isinstance(one, str):
        one = json_in(one, column, "data.turn.calls", turn=place)
    function = (one.get("function") or one) if isinstance(one, dict) else None
    if not isinstance(function, dict) or not _is_name(function.get("name")):
        raise RowFault("data.turn.calls", column, turn=place, found=show(one))
    arguments = _arguments(function, place, column)
    call: Call = {"type": "function", "function": {"name": function["name"], "arguments": arguments}}
    return {"id": one["id"], **call} if isinstance(one.get("id"), str) and one["id"] else call


def _arguments(function: dict[str, Any], place: int, column: str) -> dict[str, Any]:
    """An object, whether it comes as one, as JSON, or as the JSON of JSON."""
    name, keys = show(function["name"]), [key for key in _ARGUMENTS if function.get(key) is not None]
    found = function[keys[0]] if keys else None
    if not keys and any(value is not None for key, value in function.items() if key not in _BESIDE):
        found = [function]  # its arguments stand where nobody looks for them
    if isinstance(found, str):
        found = json_in(found, column, "data.turn.arguments", turn=place, name=name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise RowFault("data.turn.arguments", column, turn=place, name=name, found=show(found))
    return found


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
