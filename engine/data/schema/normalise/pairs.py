"""Two answers to one question (preference), or one answer with a thumb (KTO), whatever form they come in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.data.records.record import RowFault, show
from engine.data.schema.contents import thumb_of
from engine.data.schema.normalise.asked import earlier, tools_beside, with_given
from engine.data.schema.normalise.requests import request_of
from engine.data.schema.normalise.texts import Fields, present
from engine.data.schema.normalise.thoughts import answer_of_row
from engine.data.schema.normalise.tidy import tidied
from engine.data.schema.normalise.turns import Message, check_order, read_any_turns, with_system
from engine.data.schema.ranked import margin_of

Values = Mapping[str, Any]
_SPEAKERS = re.compile(r"\n\n(Human|Assistant):")  # as in the first published sets of preferences


def preference_row(values: Values, fields: Fields) -> dict[str, Any]:
    """{"prompt", "chosen", "rejected"}: what both answers have in common, then each answer. Raises RowFault."""
    before = question_before(values, fields)
    sides = {key: _said(values, fields, key, before) for key in ("chosen", "rejected")}
    chosen, rejected = sides["chosen"], sides["rejected"]
    if chosen == rejected:
        raise RowFault("data.pair.same", fields.column("chosen"), other=fields.column("rejected"))
    same = shared(chosen, rejected)
    prompt = chosen[:same]
    if not any(message["role"] == "user" for message in prompt):
        raise RowFault("data.pair.other_beginning", fields.column("chosen"), other=fields.column("rejected"))
    row: dict[str, Any] = {"prompt": prompt, "chosen": chosen[same:], "rejected": rejected[same:]}
    margin = margin_of(*(fields.raw(values, key) for key in ("margin", "chosen_score", "rejected_score")))
    if margin is not None:
        row["margin"] = margin
    return row | tools_beside(values, fields) | request_of(fields.alone(values, "prompt"), fields.column("prompt"))


def question_before(values: Values, fields: Fields) -> list[Message]:
    """What stands before the answers by the columns of the question and of the turns before it; perhaps nothing."""
    return [*earlier(values, fields), *_last_question(values, fields)]


def _last_question(values: Values, fields: Fields) -> list[Message]:
    if not fields.has("prompt"):
        return []
    value, column = fields.raw(values, "prompt"), fields.column("prompt")
    found = read_any_turns(value, column)
    if found is None:
        text = fields.optional(values, "prompt")
        found = _dialogue(text) or ([{"role": "user", "content": text}] if text else [])
    return found


def _said(values: Values, fields: Fields, key: str, before: list[Message]) -> list[Message]:
    """The whole conversation of one side, its system prompt included."""
    column = fields.column(key)
    value = fields.raw(values, key)
    found = read_any_turns(value, column)
    if found is None:
        text = fields.said(values, key)
        found = (None if before else _dialogue(text)) or [_answer(text, values, fields, key)]
    asked = with_given(before, values, fields, "prompt") if found[0]["role"] == "assistant" else before
    whole = joined(asked, found, column)
    whole = tidied(with_system(whole, fields.optional(values, "system"), fields.column("system")), fields.tidy)
    if whole[0]["role"] == "assistant":
        raise RowFault("data.pair.no_question", column)
    check_order(whole, column)
    return whole


def _answer(text: str, values: Values, fields: Fields, key: str) -> Message:
    return answer_of_row(text, values, fields) if key == "completion" else {"role": "assistant", "content": text}


def joined(before: list[Message], found: list[Message], column: str) -> list[Message]:
    """An answer behind its question; a conversation that holds the question already stays as it is."""
    if not before or found[0]["role"] == "assistant":
        return [*before, *found]
    rest = found[1:] if found[0]["role"] == "system" and before[0]["role"] != "system" else found
    if rest[: len(before)] != before:
        raise RowFault("data.pair.other_question", column, found=show(before[-1]["content"]))
    return found


def _dialogue(text: str) -> list[Message] | None:
    """The turns of a text "\\n\\nHuman: ...\\n\\nAssistant: ..."; None for any other text."""
    if not text.startswith("\n\nHuman:"):
        return None
    _, *pieces = _SPEAKERS.split(text)
    roles = {"Human": "user", "Assistant": "assistant"}
    turns = [{"role": roles[who], "content": said.strip()} for who, said in zip(pieces[::2], pieces[1::2], strict=True)]
    return [turn for turn in turns if turn["content"]]


def shared(one: list[Message], other: list[Message]) -> int:
    """How many messages both begin with, up to the last that is no answer."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    while same and one[same - 1]["role"] == "assistant":
        same -= 1
    return same


def kto_row(values: Values, fields: Fields) -> dict[str, Any]:
    """{"prompt", "completion", "label"}: a question, an answer, and whether it is a good one. Raises RowFault."""
    column = fields.column("label")
    value = present(values, column)
    label = thumb_of(value)
    if label is None:
        raise RowFault("data.kto.label", column, found=show(value))
    before = question_before(values, fields)
    if not before:
        raise RowFault("data.row.empty", fields.column("prompt"))
    whole = _said(values, fields, "completion", before) if fields.has("completion") else before
    if not fields.has("completion"):
        whole = tidied(with_system(whole, fields.optional(values, "system"), fields.column("system")), fields.tidy)
        check_order(whole, fields.column("prompt"))
    place = max(i for i, message in enumerate(whole) if message["role"] != "assistant") + 1
    return {"prompt": whole[:place], "completion": whole[place:], "label": label, **tools_beside(values, fields)}
