"""{"messages": [...], "tools": [...], ...} in one column, as OpenAI's preference files have it: what it holds beside the turns."""

from __future__ import annotations

from typing import Any

from engine.data.schema.extras import is_extra
from engine.data.schema.normalise.texts import check_nested
from engine.data.schema.normalise.tools import tools_of
from engine.data.schema.normalise.turns import told_object


def request_of(value: Any, column: str) -> dict[str, Any]:
    """The tools of such an object, and its single values as extra fields; nothing for any other value. Raises RowFault."""
    value = told_object(value) if isinstance(value, str) and value[:1] == "{" else value
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return {}
    found: dict[str, Any] = {}
    if tools := tools_of(value.get("tools", value.get("functions")), column):
        check_nested(tools, column)
        found["tools"] = tools
    others = {key: one for key, one in value.items() if one is not None and is_extra(one)}
    return found | ({"extra": others} if others else {})
