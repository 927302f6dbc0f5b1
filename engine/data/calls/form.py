"""How a chat template writes calls: learnt once from marked ones, then each row's calls are read back from its text.

What was put in must come out, by name and by value, or the row teaches something that nobody meant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.calls.ids import Asked, IdForm, Message, as_asked
from engine.data.calls.marked import Pairs, Quoted
from engine.data.calls.values import types_of
from engine.data.calls.written import (
    SoughtCall,
    Way,
    as_json,
    as_python_call,
    as_python_object,
    as_text_of_json,
    places,
)

Tools = Sequence[Mapping[str, Any]]
Render = Callable[[Sequence[Message], Tools], "str | None"]  # a conversation as text; None where it is refused
NAME, _ID = "tsmarkcall", "abcdefghi"
_VALUES = {"tsmarkone": "tsvalueone", "tsmarktwo": "tsvaluetwo"}
_NUMBER = 31415
_TYPED: Mapping[str, Any] = {**_VALUES, "tsmarkone": _NUMBER}
_PARAMETERS = {"type": "object", "properties": {key: {"type": "string", "description": key} for key in _VALUES}}
_DEFINED = ({"type": "function", "function": {"name": NAME, "description": "Looks up.", "parameters": _PARAMETERS}},)
_MARKED = SoughtCall(NAME, _VALUES)
_GOOD: tuple[Way, ...] = (as_json, as_python_call)
WRONG: tuple[tuple[Way, str], ...] = (
    (as_python_object, "template.calls_python"),
    (as_text_of_json, "template.calls_text"),
)
_AS_THEY_ARE = Asked()
MISSING, CHANGED = "template.calls_missing", "template.calls_changed"


@dataclass(frozen=True, slots=True)
class CallForm:
    """How a template writes calls.

    Attributes:
        asked: how it wants them.
        way: how they are read back; None where nobody knows how.
    """

    asked: Asked = _AS_THEY_ARE
    way: Way | None = None

    @property
    def typeless(self) -> bool:
        """Whether values stand there without their types."""
        return isinstance(self.way, Pairs)

    def fault(self, messages: Sequence[Message], tools: Tools | None, text: str) -> tuple[str, str] | None:
        """What is wrong with the first call that does not come back: (code, name of the function); None where all do."""
        place = 0
        for message in messages:
            if message["role"] == "user":
                said = str(message.get("content") or "").strip()
                place = max(place, text.find(said, place) + len(said))
            for call in message.get("tool_calls") or ():
                name, arguments = str(call["function"]["name"]), call["function"]["arguments"]
                if not isinstance(arguments, dict):  # as text, in what a program asks for
                    continue
                wanted = SoughtCall(name, arguments, types_of(tools, name) if self.typeless else {})
                behind = self._behind(text, place, wanted)
                if behind is None:
                    return _cause(text, place, wanted), name
                place = behind
        return None

    def _behind(self, text: str, place: int, wanted: SoughtCall) -> int | None:
        if self.way is not None:
            return self.way(text, place, wanted)
        behind = next((end for _begin, end in places(text, wanted.name, place)), None)
        if behind is None or any(way(text, place, wanted) is not None for way, _code in WRONG):
            return None
        return behind if all(_stands(text, behind, leaf) for leaf in _leaves(wanted.arguments)) else None


def _leaves(value: Any) -> list[str | int]:
    """The texts and whole numbers in a value."""
    if isinstance(value, Mapping | list):
        parts = value.values() if isinstance(value, Mapping) else value
        return [leaf for one in parts for leaf in _leaves(one)]
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else []


def _stands(text: str, start: int, leaf: str | int) -> bool:
    """Whether a value stands there at all, in a form that nobody knows how to read."""
    written = {str(leaf), json.dumps(leaf, ensure_ascii=False).strip('"'), json.dumps(leaf).strip('"')}
    return any(text.find(one, start) >= 0 for one in written)


def _cause(text: str, place: int, wanted: SoughtCall) -> str:
    """What happened to a call that does not come back."""
    for way, code in WRONG:
        if wanted.arguments and way(text, place, wanted) is not None:
            return code
    return MISSING if next(places(text, wanted.name, place), None) is None else CHANGED


# ------------------------------------------------------------------ learning it


def learn_form(render: Render) -> CallForm:
    """How a template writes calls, and how it wants them: seen on what it makes of a marked one."""
    first: CallForm | None = None
    for as_text in (False, True):
        asked = Asked(_ids(render, as_text), as_text)
        text = render(as_asked(_talk(_ID), asked), _DEFINED)
        if text is None:
            continue
        way = _way(text)
        if way is None and not as_text:
            way = _marked(text, render(as_asked(_talk(_ID, _TYPED), asked), _DEFINED))
        if way is not None:
            return CallForm(asked, way)
        first = first or CallForm(asked)
    return first or CallForm()


def _talk(call_id: str | None, values: Mapping[str, Any] = _VALUES) -> tuple[Message, ...]:
    call = {"type": "function", "function": {"name": NAME, "arguments": values}}
    result = {"role": "tool", "content": "tsmarkresult", "name": NAME}
    return (
        {"role": "user", "content": "Look it up."},
        {"role": "assistant", "content": "", "tool_calls": [call if call_id is None else {"id": call_id, **call}]},
        result if call_id is None else {**result, "tool_call_id": call_id},
        {"role": "assistant", "content": "Found."},
    )


def _ids(render: Render, as_text: bool) -> IdForm:
    """Which ids the template asks for: it refuses others, or writes them wherever they are missing."""

    def written(call_id: str | None, form: IdForm = "none") -> str | None:
        return render(as_asked(_talk(call_id), Asked(form, as_text)), _DEFINED)

    nine, none = written(_ID), written(None)
    if nine is None:
        return "none"
    if written("call_1") is None:
        return "nine"
    if _ID in nine and not _names(nine) and _names(written(None, "named") or ""):
        return "named"
    return "any" if none is None or none == nine.replace(_ID, "") != nine else "none"


def _names(text: str) -> bool:
    """Whether the name of the called function stands before its arguments, besides where it is defined and answered."""
    at = text.rfind(next(iter(_VALUES.values())))
    return at >= 0 and text.rfind(NAME, text.find("Look it up."), at) >= 0


def _way(text: str) -> Way | None:
    return next((way for way in _GOOD if way(text, 0, _MARKED) is not None), None)


def _marked(text: str, typed: str | None) -> Way | None:
    """The marks that a template sets of its own, where a number comes back from between them too."""
    pairs = (
        None if any(way(text, 0, _MARKED) is not None for way, _code in WRONG) else Pairs.learnt(text, NAME, _VALUES)
    )
    if pairs is None or typed is None:
        return None
    wanted = SoughtCall(NAME, _TYPED)
    ways: tuple[Way | None, ...] = (pairs, Quoted.learnt(pairs, typed, next(iter(_TYPED)), str(_NUMBER)))
    return next((way for way in ways if way is not None and way(typed, 0, wanted) is not None), None)
