"""Does a model's chat template teach what it should: the answer with its end, after the same prompt as in chat?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import Fault
from engine.data.rows.row import Row, kind_of
from engine.data.templates.encoded import Encoded
from engine.data.templates.losses import CALL_LOSSES, reason_of, refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from engine.data.templates.thinking import lost_thoughts
from engine.data.templates.token_overview import one_text
from engine.data.templates.token_rows import BEYOND
from engine.data.thoughts.marks import thinking_of

_SHOWN_TOKENS = 48  # of the end of the row
_LEAST_TRAINED = 8
_PROBE = "Tunesmith-4711"  # a system text that no template holds
_LONG_HEAD = 40  # characters before the first question that are worth showing
_LONGEST_HEAD = 600
_NAMED_ROWS = 8  # whose lines are named


def check_template(template: ChatTemplate, rows: Sequence[Row]) -> dict[str, Any]:
    """Look at how the first row that the template takes is taught.

    Args:
        rows: some rows, of training; where a data set has system texts, one with such a text among them.

    Returns:
        {"findings": [{"code", "level", "params"}], "row": {"id", "line"}, "tokens": [{"text", "trained"}], "cut", "head"}:
        levels are "good", "info", "warn" and "danger"; `tokens` are the row's last ones (`cut`: there are more before them),
        `head` what the template itself puts before the first question.
    """
    if not template.has_chat and any(kind_of(row) != "text" for row in rows):
        return _only("template.missing", "danger")
    encoded, row, fault = _first(template, rows)
    if fault is not None and fault.code == BEYOND and encoded is None:
        return _only(BEYOND, "danger", tokens=fault.params["tokens"])
    if encoded is None or row is None:
        return _only("template.refuses", "danger", reason="" if fault is None else reason_of(fault))
    findings = [
        _end(template, encoded),
        *_thoughts(template, rows),
        *_calls(template, rows),
        *_system(template, rows),
        *_prompt(template, row),
    ]
    shown = _window(encoded)
    head = _head(template, row)
    return {
        "findings": findings,
        "row": {"id": row.get("id"), "line": row.get("line")},
        "tokens": _tokens(template, encoded, shown),
        "cut": shown[0] > 0,
        "head": head if len(head) >= _LONG_HEAD else "",
    }


def _only(code: str, level: str, **params: Any) -> dict[str, Any]:
    return {"findings": [_finding(code, level, **params)], "row": None, "tokens": [], "cut": False, "head": ""}


def _finding(code: str, level: str, **params: Any) -> dict[str, Any]:
    return {"code": code, "level": level, "params": params}


def _first(template: ChatTemplate, rows: Sequence[Row]) -> tuple[Encoded | None, Row | None, Fault | None]:
    """The first row that the template takes, or why it does not take the first one."""
    first = None
    for row in map(one_text, rows):
        try:
            return template.encode(row), row, None
        except Fault as fault:
            if not refuses_a_row(fault) and fault.code != BEYOND:
                raise
            first = first or fault
    return None, None, first


def _window(encoded: Encoded) -> tuple[int, int]:
    """The last tokens, and of a long answer at least some of those that are trained on."""
    count = len(encoded.ids)
    trained = [at for at, label in enumerate(encoded.labels) if label != IGNORED]
    start = count - _SHOWN_TOKENS
    if trained:
        start = min(start, trained[-1] - _LEAST_TRAINED)
    return max(0, start), count


def _tokens(template: ChatTemplate, encoded: Encoded, shown: tuple[int, int]) -> list[dict[str, Any]]:
    """Those from one place to another; an end that is learnt in between stands among them."""
    pieces, tokens = template.pieces(encoded.ids), []
    for at in range(*shown):
        between = at in encoded.ends and encoded.labels[at] != encoded.ids[at]
        if between:
            tokens.append({"text": _text(template, encoded.labels[at]), "trained": True})
        tokens.append({"text": pieces[at], "trained": encoded.labels[at] != IGNORED and not between})
    return tokens


def _end(template: ChatTemplate, encoded: Encoded) -> dict[str, Any]:
    """Whether the last trained token is one that ends an answer, and who put it there."""
    trained = [label for label in encoded.labels if label != IGNORED]
    if not trained:
        return _finding("template.nothing", "danger")
    token = _text(template, trained[-1])
    if encoded.open_ends:
        return _finding("template.no_end", "danger", token=token.strip() or token)
    return (
        _finding("template.end_added", "info", token=token)
        if encoded.ends
        else _finding("template.end", "good", token=token)
    )


def _thoughts(template: ChatTemplate, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """How many answers of the rows looked at reason in words that the template leaves out."""
    lost = [count for row in map(one_text, rows) if (count := _lost(template, row))]
    if not lost:
        spelt = not template.knows_thinking and any(map(_thinks, rows))
        return [_finding("template.thoughts_as_text", "info")] if spelt else []
    return [_finding("template.thoughts", "warn", rows=len(lost), answers=sum(lost), looked=len(rows))]


def _thinks(row: Row) -> bool:
    return any(thinking_of(message) for message in one_text(row).get("messages") or [])


def _lost(template: ChatTemplate, row: Row) -> int:
    messages = row.get("messages") or []
    if not any(thinking_of(message) for message in messages):
        return 0
    try:
        return lost_thoughts(messages, template.row_text(messages, row.get("tools")))
    except Fault:
        return 0


def _calls(template: ChatTemplate, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Whether the calls of tools in these rows come back from the text that they become, and which rows' do not."""
    calling = [row for row in map(one_text, rows) if any(one.get("tool_calls") for one in row.get("messages") or [])]
    faults = [(row, fault) for row in calling if (fault := _call_fault(template, row))]
    if faults:
        lines = ", ".join(str(row.get("line", row.get("id"))) for row, _fault in faults[:_NAMED_ROWS])
        counted = {
            "rows": len(faults),
            "looked": len(calling),
            "lines": lines + (" …" if len(faults) > _NAMED_ROWS else ""),
        }
        return [_finding("template.calls_lost", "danger", **counted, reason=reason_of(faults[0][1]))]
    if not calling or "calls" in template.dropped:
        return []
    if template.call_form.way is None:
        return [_finding("template.calls_unread", "info")]
    return [_finding("template.calls_typeless" if template.call_form.typeless else "template.calls_kept", "good")]


def _call_fault(template: ChatTemplate, row: Row) -> Fault | None:
    try:
        template.row_text(row["messages"], row.get("tools"))
    except Fault as fault:
        return fault if fault.code in CALL_LOSSES else None
    return None


def _text(template: ChatTemplate, token: int) -> str:
    return template.decode([token], skip_special=False)


def _system(template: ChatTemplate, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What becomes of system texts; nothing is said where the data have none."""
    with_system = next((row for row in map(one_text, rows) if _has_system(row)), None)
    if with_system is None:
        return []
    first, *others = with_system["messages"]
    try:
        kept = _PROBE in template.render([{**first, "content": _PROBE}, *others], tools=with_system.get("tools"))
    except Fault as fault:
        return [_finding("template.system_refused", "danger", reason=str(fault.params.get("reason", "")))]
    return [_finding("template.system_kept", "good") if kept else _finding("template.system_dropped", "danger")]


def _has_system(row: Mapping[str, Any]) -> bool:
    return bool(row.get("messages")) and row["messages"][0]["role"] == "system"


def _prompt(template: ChatTemplate, row: Row) -> list[dict[str, Any]]:
    """Whether the answer is taught after the very text that chat will send."""
    messages = row.get("messages") or []
    if not messages or messages[-1]["role"] != "assistant":
        return []
    try:
        tools = row.get("tools")
        asked = template.render(messages[:-1], add_generation_prompt=True, tools=tools)
        whole = template.row_text(messages, tools)
    except Fault:
        return []
    return [] if whole.startswith(asked) else [_finding("template.other_prompt", "warn")]


def _head(template: ChatTemplate, row: Row) -> str:
    """What the template itself says before the first question of a row without a system text."""
    messages = [message for message in row.get("messages") or [] if message["role"] != "system"]
    if not messages:
        return ""
    try:
        text = template.render(messages, tools=row.get("tools"))
    except Fault:
        return ""
    return text[: max(0, text.find(str(messages[0].get("content") or "")))][:_LONGEST_HEAD]
