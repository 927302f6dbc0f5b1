"""Words that come in parts: [{"type": "text", "text": ...}] of OpenAI and Anthropic, {"parts": [...]} of Gemini, [{"text": ...}] of Bedrock."""

from __future__ import annotations

import json
from typing import Any

Turn = dict[str, Any]
_CALLS = ("tool_use", "toolUse", "functionCall", "function_call")
_RESULTS = ("tool_result", "toolResult", "functionResponse", "function_response")
_NAMES = {"toolUse": "tool_use", "toolResult": "tool_result"}


def joined(value: Any) -> str | None:
    """The words of a text, of one part or of a list of them; None where a part is something else."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return joined(value["parts"]) if isinstance(value.get("parts"), list) else _text(value)
    if not isinstance(value, list) or not value:
        return None
    texts = [_text(part) for part in value]
    return "".join(text for text in texts if text is not None) if None not in texts else None


def _text(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    text = part.get("text", part.get("refusal")) if isinstance(part, dict) else None
    return text if isinstance(text, str) else None


def foreign_part(parts: list[Any]) -> str | None:
    """What the first part is that holds no words: "image_url", "input_audio", "file" ...; None where all do."""
    for part in parts:
        if isinstance(part, dict) and _text(part) is None:
            kind = part.get("type")
            return kind if isinstance(kind, str) and kind else next((str(key) for key in part), "{}")
    return None


def without_blocks(turn: Turn) -> list[Turn]:
    """A turn whose parts also call tools or hold their results, as turns that say so by their members; others unchanged."""
    content = turn.get("content")
    if not isinstance(content, list) or not any(_is_block(part) for part in content):
        return [turn]
    words = [part for part in content if not _is_block(part)]
    calls = [_call(part) for part in content if _kind(part) in _CALLS]
    made: Turn = {**turn, "content": words or ""}
    if calls:
        made["tool_calls"] = calls
    results = [_result(part) for part in content if _kind(part) in _RESULTS]
    return [*results, *([made] if words or calls or not results else [])]


def _kind(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    kind = part.get("type")
    known = (*_CALLS, *_RESULTS)
    return kind if kind in known else next((key for key in part if key in known and isinstance(part[key], dict)), "")


def _is_block(part: Any) -> bool:
    return bool(_kind(part))


def _inside(part: dict[str, Any]) -> dict[str, Any]:
    inner = part.get(_kind(part))
    return inner if isinstance(inner, dict) else part


def _call(part: dict[str, Any]) -> dict[str, Any]:
    inner = _inside(part)
    function = {"name": inner.get("name"), "arguments": inner.get("input", inner.get("args", inner.get("arguments")))}
    number = inner.get("id", inner.get("toolUseId"))
    return {"type": "function", "function": function} | ({"id": number} if isinstance(number, str) else {})


def _result(part: dict[str, Any]) -> Turn:
    inner = _inside(part)
    value = inner.get("content", inner.get("response"))
    made: Turn = {"role": "tool", "content": _written(value)}
    number = inner.get("tool_use_id", inner.get("toolUseId", inner.get("id")))
    if isinstance(number, str):
        made["tool_call_id"] = number
    return made | ({"name": inner["name"]} if isinstance(inner.get("name"), str) else {})


def _written(value: Any) -> Any:
    """A result as text; a list with a picture in it stays, to be refused."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and "json" in value[0]:
        value = value[0]["json"]
    if value is None or ((text := joined(value)) is None and isinstance(value, list) and foreign_part(value)):
        return "" if value is None else value
    return text if text is not None else json.dumps(value, ensure_ascii=False)
