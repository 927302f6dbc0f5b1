"""What a chat template passes over or changes in silence: a system prompt, definitions of tools, their calls and results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import Fault
from engine.core.shapes import Said
from engine.core.text import Text
from engine.data.records.record import show
from engine.data.templates.renderer import Renderer
from engine.data.templates.token_rows import BEYOND

LOSSES = {
    "template.drops_system": Text("data.templates.losses.template.drops_system"),
    "template.drops_tools": Text("data.templates.losses.template.drops_tools"),
    "template.drops_calls": Text("data.templates.losses.template.drops_calls"),
    "template.drops_results": Text("data.templates.losses.template.drops_results"),
    "template.calls_python": Text("data.templates.losses.template.calls_python"),
    "template.calls_text": Text("data.templates.losses.template.calls_text"),
    "template.calls_missing": Text("data.templates.losses.template.calls_missing"),
    "template.calls_changed": Text("data.templates.losses.template.calls_changed"),
}
CALL_LOSSES = tuple(code for code in LOSSES if code.startswith("template.calls_"))
OTHER, CALLS, BEYOND_VOCABULARY = "refused", "calls", "vocabulary"
_REFUSAL_KINDS = {  # why a template cannot take a row, as pages and commands count it
    "template.missing": "no_template",
    BEYOND: BEYOND_VOCABULARY,
    "template.drops_system": "system",
    "template.drops_tools": "tools",
    "template.drops_calls": "tools",
    "template.drops_results": "tools",
    **dict.fromkeys(CALL_LOSSES, CALLS),
}
REFUSAL_KINDS = frozenset(_REFUSAL_KINDS.values()) | {OTHER}
_TOOL, _CALL, _RESULT, _SYSTEM = "tsmarktool", "tsmarkcall", "tsmarkresult", "tsmarksystem"
_DEFINED = {
    "type": "function",
    "function": {
        "name": _TOOL,
        "description": "Looks something up.",
        "parameters": {
            "type": "object",
            "properties": {"key": {"type": "string", "description": "What to look up."}},
            "required": ["key"],
        },
    },
}
_ASKED = {"role": "user", "content": "Look it up."}
_CALLED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": _CALL, "arguments": {"key": "it"}}}],
}
_ANSWERED = {"role": "tool", "content": _RESULT, "name": _CALL, "tool_call_id": "abcdefghi"}
_SAID = {"role": "assistant", "content": "Found."}
_INDENTED = "tsmarkcode"
TOOLS = (_DEFINED,)  # a function, and a talk in which it is called
TOOL_TALK = (_ASKED, _CALLED, _ANSWERED, _SAID)


def dropped_parts(template: Renderer) -> frozenset[str]:
    """Of "tools", "calls" and "results", those that never reach the text. What the template refuses is not among them."""
    defined = _render(template, [_ASKED, _SAID], [_DEFINED]), _render(template, [_ASKED], [_DEFINED], ask=True)
    used = _render(template, TOOL_TALK, TOOLS)
    lost = {"tools": all(text is not None and _TOOL not in text for text in defined)}
    if used is not None:
        lost |= {"calls": _CALL not in used.replace(_RESULT, ""), "results": _RESULT not in used}
    return frozenset(part for part, gone in lost.items() if gone)


def crops_answers(template: Renderer) -> str:
    """White space that never reaches the text where an answer begins with it, such as the indentation of code."""
    begun = {white: 7 * white + _INDENTED for white in " \t\n"}  # more than any template puts there itself
    texts = {white: _render(template, [_ASKED, {**_SAID, "content": text}], ()) for white, text in begun.items()}
    return "".join(white for white, text in texts.items() if text and begun[white] not in text and _INDENTED in text)


def _render(
    template: Renderer, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], ask: bool = False
) -> str | None:
    try:
        return template.render(messages, add_generation_prompt=ask, tools=tools)
    except Fault:
        return None


def check_nothing_lost(
    template: Renderer, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None, text: str
) -> None:
    """Whether `text`, the render, holds all that was said, with each call as it was put in.

    Raises:
        Fault: "template.drops_system", "template.drops_tools", "template.drops_calls", "template.drops_results",
            "template.calls_python", "template.calls_text", "template.calls_missing" or "template.calls_changed".
    """
    if messages and messages[0]["role"] == "system" and str(messages[0]["content"]).strip() not in text:
        marked = _render(template, [{"role": "system", "content": _SYSTEM}, *messages[1:]], tools or ())
        if marked is not None and _SYSTEM not in marked:
            raise Fault("template.drops_system")
    parts = {
        "tools": bool(tools),
        "calls": any(message.get("tool_calls") for message in messages),
        "results": any(message["role"] == "tool" for message in messages),
    }
    for part, wanted in parts.items():
        if wanted and part in template.dropped:
            raise Fault(f"template.drops_{part}")
    if parts["calls"] and (wrong := template.call_form.fault(messages, tools, text)):
        raise Fault(wrong[0], name=show(wrong[1]))


def refuses_a_row(fault: Fault) -> bool:
    """Whether the fault says that a template cannot take one row, so that others may still be used."""
    return fault.code == "template.refused" or fault.code in LOSSES


def reason_of(fault: Fault) -> str | Said:
    """Why a row cannot be taken: the template's own words, or ours in both languages."""
    if fault.code in LOSSES:
        return LOSSES[fault.code].as_dict()
    reason: str | Said = fault.params["reason"]
    return reason


def refusal_kind(code: str) -> str:
    """The kind of a fault with which a template refuses a row."""
    return _REFUSAL_KINDS.get(code, OTHER)


def by_kind(refused: Mapping[str, int]) -> Counter[str]:
    """Rows by kind, of rows by the code of the fault."""
    counts: Counter[str] = Counter()
    for code, count in refused.items():
        counts[refusal_kind(code)] += count
    return counts


def reason_in(kind: str, reasons: Mapping[str, object]) -> object:
    """The first reason of that kind in words, of those by the code of the fault; "" where none was given."""
    return next((why for code, why in reasons.items() if refusal_kind(code) == kind and why), "")
