"""When two values are the same, and a text where values have no types."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Types = frozenset[str]  # that a parameter may have, as JSON Schema names them
_UNTYPED: Types = frozenset()


def same(one: Any, other: Any) -> bool:
    """Whether both are the same value of JSON: 1 is 1.0, but neither is true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other if isinstance(one, str) or isinstance(other, str) else one == other


def types_of(tools: Sequence[Mapping[str, Any]] | None, name: str) -> dict[str, Types]:
    """The declared types of a function's parameters, as far as they are declared."""
    for tool in tools or ():
        function = tool.get("function") or {}
        if function.get("name") == name:
            properties = (function.get("parameters") or {}).get("properties")
            found = properties if isinstance(properties, dict) else {}
            return {key: _types(value.get("type")) for key, value in found.items() if isinstance(value, dict)}
    return {}


def _types(declared: Any) -> Types:
    if isinstance(declared, str):
        return frozenset({declared.lower()})
    if isinstance(declared, list):
        return frozenset(one.lower() for one in declared if isinstance(one, str))
    return _UNTYPED


def stands_for(text: str, value: Any, types: Types = _UNTYPED) -> bool:
    """Whether a text without a type is the value: read as its declared type, else as a text where the value is one."""
    trimmed = text.removeprefix("\n").removesuffix("\n")
    if isinstance(value, str):
        return value in (text, trimmed) and (not types or "string" in types)
    if types == {"string"}:
        return False
    if isinstance(value, bool) and "boolean" in types:
        return trimmed.strip().lower() == json.dumps(value)
    try:
        return same(json.loads(trimmed), value)
    except (ValueError, RecursionError):
        return False
