"""What a row expects: its reference answer, and the calls of tools that are right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.data.rows.row import answer_of
from engine.data.schema.declared import REFERENCES

_CALLS = ("tool_calls", "tool_call", "calls", "call", "function_call", "expected_call", "expected_calls")


def expected_of(row: Mapping[str, Any], member: str = "") -> str | None:
    """The expected answer as a text; None where the row has none.

    Args:
        member: of the row's reference that holds it, or a further column; empty: what is usually called so, or the only one there.
    """
    found = _of_reference(row, member)
    if found is None and not member and ("messages" in row or "chosen" in row):
        found = answer_of(row)
    return _as_text(found)


def _of_reference(row: Mapping[str, Any], member: str) -> Any:
    reference = row.get("reference")
    held = reference if isinstance(reference, Mapping) else {}
    if member:
        return held.get(member, (row.get("extra") or {}).get(member))
    named = {str(key).lower(): value for key, value in held.items()}
    for name in REFERENCES:
        if named.get(name) not in (None, ""):
            return _unwrapped(named[name])
    return next(iter(held.values())) if len(held) == 1 else None


def _unwrapped(value: Any) -> Any:
    """What is held one level deeper, as {"ground_truth": "42"}; the first of several that are all right."""
    if isinstance(value, Mapping):
        named = {str(key).lower(): one for key, one in value.items()}
        return next((named[name] for name in REFERENCES if name in named), value)
    return value


def _as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def expected_calls(row: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The right calls of a row as (name, arguments); empty where it expects none."""
    reference = row.get("reference")
    if isinstance(reference, Mapping):
        named = (reference[key] for key in _CALLS if key in reference)
        return list(_calls(next(named, None)))
    turns = row.get("messages") or row.get("chosen") or ()
    last: Mapping[str, Any] = next((turn for turn in reversed(turns) if turn.get("role") == "assistant"), {})
    return list(_calls(last.get("tool_calls")))


def _calls(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    value = _parsed(value)
    for one in value if isinstance(value, Sequence) and not isinstance(value, str) else [value]:
        call = _parsed(one)
        inner = call.get("function", call) if isinstance(call, Mapping) else None
        if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
            arguments = _parsed(inner.get("arguments", inner.get("parameters")) or {})
            if isinstance(arguments, Mapping):
                yield inner["name"], dict(arguments)


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
