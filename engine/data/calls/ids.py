"""Which ids of calls a chat template asks for, and ids where the data have none: a result belongs to the call it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Message = Mapping[str, Any]
IdForm = Literal["none", "any", "nine", "named"]
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NINE = 9


@dataclass(frozen=True, slots=True)
class Asked:
    """What a template asks of the calls that it is given.

    Attributes:
        ids: "none": as they are; "any": each call has one; "nine": nine letters and digits, as Mistral's; "named": one that
            holds the function's name, which the template writes nowhere else.
        as_text: whether arguments are to be the text of their JSON.
    """

    ids: IdForm = "none"
    as_text: bool = False

    def __bool__(self) -> bool:
        return self.as_text or self.ids != "none"


def as_asked(messages: Sequence[Message], asked: Asked) -> Sequence[Message]:
    """The conversation with calls and results as the template asks for them; unchanged where it asks for nothing."""
    if not asked or not any(message.get("tool_calls") for message in messages):
        return messages
    made: list[Message] = []
    numbering = _Numbering(asked.ids)
    for message in messages:
        if calls := message.get("tool_calls"):
            message = {**message, "tool_calls": [_call(call, numbering, asked) for call in calls]}
        elif message["role"] == "tool":
            message = numbering.result(message)
        made.append(message)
    return made


def _call(call: Mapping[str, Any], numbering: _Numbering, asked: Asked) -> dict[str, Any]:
    made = numbering.call(call)
    if asked.as_text and not isinstance(call["function"]["arguments"], str):
        text = json.dumps(call["function"]["arguments"], ensure_ascii=False)
        made["function"] = {**call["function"], "arguments": text}
    return made


class _Numbering:
    """Gives ids in the order of a conversation, so that a part of it has the same ones as the whole."""

    def __init__(self, form: IdForm) -> None:
        self._form, self._count = form, 0
        self._open: list[
            tuple[str | None, str, str]
        ] = []  # id in the data, name, id that it got: calls without a result

    def call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The call with its id."""
        if self._form == "none":
            return dict(call)
        said, name = call.get("id"), str(call["function"]["name"])
        made = self._id(said, name)
        self._count += 1
        self._open.append((said, name, made))
        return {**call, "id": made}

    def _id(self, said: str | None, name: str) -> str:
        if self._form == "named":
            return said if said and name in said else f"functions.{name}:{self._count}"
        if self._form == "any":
            return said or f"call_{self._count}"
        if said and len(said) == _NINE and said.isascii() and said.isalnum():
            return said
        number = int.from_bytes(hashlib.sha256((said or f"call {self._count}").encode("utf-8", "replace")).digest())
        return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(_NINE))

    def result(self, message: Message) -> Message:
        """The result with the id of its call: the one it names, else the first that is open, of its function if it says which."""
        if self._form == "none" or not self._open:
            return message
        said, name = message.get("tool_call_id"), message.get("name")
        fits = (
            lambda one: bool(said) and one[0] == said,
            lambda one: one[0] is None and one[1] == name,
            lambda one: one[1] == name,
            lambda _one: True,
        )
        found = next(one for fit in fits for one in self._open if fit(one))
        self._open.remove(found)
        return {**message, "tool_call_id": found[2]}
