"""The messages of a request as a conversation that a chat template takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.api.declaration import ApiParam
from engine.core.characters import whole
from engine.core.errors import Fault
from engine.services.chat.stored.variables import LONGEST_PROMPT

Conversation = tuple[Mapping[str, str], ...]  # each {"role", "content"}
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_KEYS = {"role", "content"}


def messages(param: ApiParam, given: Any) -> Conversation:
    """A conversation; texts in parts are put together. Raises Fault, which says which message is wrong, counted from 1."""
    most = int(param.maximum or 1)
    if not isinstance(given, list) or not given:
        raise Fault("api.no_messages", param=param.key)
    if len(given) > most:
        raise Fault("api.too_many_messages", param=param.key, count=len(given), most=most)
    found = tuple(_message(f"{param.key}.{place}", one) for place, one in enumerate(given))
    characters = sum(len(one["content"]) for one in found)
    if characters > LONGEST_PROMPT:
        raise Fault("api.too_many_characters", param=param.key, characters=characters, most=LONGEST_PROMPT)
    return found


def _message(where: str, given: Any) -> Mapping[str, str]:
    if not isinstance(given, Mapping):
        raise Fault("api.no_message", param=where)
    role = given.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise Fault("api.no_role", param=f"{where}.role", role=str(role)[:40])
    asks = {key for key, value in given.items() if value not in (None, [], "")}
    if beyond := sorted(map(str, asks - _KEYS)):
        raise Fault("api.refused", param=f"{where}.{beyond[0][:40]}")
    return {"role": _ROLES[role], "content": _content(f"{where}.content", given.get("content"))}


def _content(where: str, given: Any) -> str:
    if isinstance(given, str):
        return whole(given)
    if not isinstance(given, list) or not given:
        raise Fault("api.no_content", param=where)
    return "".join(_part(f"{where}.{place}", part) for place, part in enumerate(given))


def _part(where: str, given: Any) -> str:
    if not isinstance(given, Mapping) or given.get("type") != "text" or not isinstance(given.get("text"), str):
        raise Fault("api.no_part", param=where)
    return whole(given["text"])
