"""Members of turns, and columns, that hold the thinking before an answer: told by their names and by what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.rows.row import THINKING

MEMBERS = (THINKING, "reasoning", "thinking", "thought")
PARTS = ("thinking", "reasoning", "thought")  # types of parts of a content
BEDROCK = "reasoningContent"  # the member of a part that is thinking
_INNER = (*PARTS, BEDROCK, "reasoningText", "text", "content", "summary")
_ASKING = frozenset(("user", "human", "system", "developer", "tool", "function", "observation", "ipython"))
SWITCHES = frozenset(
    (
        "on", "off", "true", "false", "yes", "no", "none", "null", "enabled", "disabled", "low", "medium", "high", "minimal", "auto",
        "think", "no_think", "/think", "/no_think",
    )
)  # fmt: skip


def text_of_thought(value: Any) -> str:
    """A thinking as text, also where it comes in parts; empty for what is none, such as a switch (true, "on")."""
    if isinstance(value, Mapping):
        return next((text for key in _INNER if (text := text_of_thought(value.get(key)))), "")
    if isinstance(value, list):
        return "\n\n".join(text for one in value if (text := text_of_thought(one)))
    return value if isinstance(value, str) and value.strip() and value.strip().casefold() not in SWITCHES else ""


def member_text(turn: Mapping[str, Any], key: str) -> str:
    """The thinking in a member of a turn: our own name says that it is one, whatever the text; empty without any."""
    value = turn.get(key)
    return value if key == THINKING and isinstance(value, str) and value.strip() else text_of_thought(value)


def is_thinking(turn: Mapping[str, Any], key: str) -> bool:
    """Whether a member of a turn is read as the thinking before its words."""
    said = str(turn.get("role") or turn.get("from") or "").strip().lower()
    return key in MEMBERS and said not in _ASKING and (turn[key] in ("", []) or bool(member_text(turn, key)))
