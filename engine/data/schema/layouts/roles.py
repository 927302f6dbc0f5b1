"""Who speaks: the names that files give to the roles of a conversation."""

from __future__ import annotations

import re
from collections.abc import Iterable

ROLES = {
    "system": "system",
    "developer": "system",
    "系统": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "用户": "user",
    "人类": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "ai": "assistant",
    "助手": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "ipython": "tool",
    "tool_response": "tool",
    "function_response": "tool",
}
CALLING = ("function_call", "tool_call")  # roles whose words are the calls themselves
_NUMBERED = re.compile(r"(?:user|human)[ _-]?\d{1,4}")
_ASKING = frozenset(("customer", "client", "caller", "patient", "student", "客户", "顾客"))
_HELPING = frozenset(
    ("agent", "representative", "support", "operator", "doctor", "therapist", "tutor", "teacher", "客服")
)


def role_name(said: object) -> str:
    """A role as it is compared: no case, no white space, no colon behind it."""
    return said.strip().lower().rstrip(":：").rstrip() if isinstance(said, str) else ""


def role_of(name: str) -> str | None:
    """The role that a name (of `role_name`) has in every conversation: "user1" is a user; None for what means none by itself."""
    return ROLES.get(name) or ("user" if _NUMBERED.fullmatch(name) else None)


def roles_by_partner(names: Iterable[str]) -> dict[str, str]:
    """Roles that other names have in a conversation of these names, where it leaves no doubt.

    A customer is the user where no other user speaks, an agent the assistant where no other assistant does.
    """
    there = set(names)
    known = {role_of(name) for name in there}
    asking, helping = there & _ASKING, there & _HELPING
    found: dict[str, str] = {}
    if len(asking) == 1 and "user" not in known and (helping or "assistant" in known):
        found |= dict.fromkeys(asking, "user")
    if len(helping) == 1 and "assistant" not in known and (asking or "user" in known):
        found |= dict.fromkeys(helping, "assistant")
    return found
