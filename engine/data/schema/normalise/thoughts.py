"""The thinking of a turn, however it is written: a member beside its words, or parts of its content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.records.record import RowFault, show
from engine.data.rows.row import THINKING
from engine.data.schema.members import BEDROCK, MEMBERS, PARTS, member_text, text_of_thought
from engine.data.schema.normalise.texts import Fields, check_characters
from engine.data.thoughts.marks import thought_of

_REDACTED = "redacted_thinking"


def turn_with_thinking(
    turn: Mapping[str, Any], text_key: str, place: int, column: str
) -> tuple[Mapping[str, Any], str]:
    """The turn with its words alone, and its thinking (empty without any).

    Raises:
        RowFault: "data.turn.two_thoughts", "data.turn.late_thought", "data.turn.sealed_thought", or what is wrong with its characters.
    """
    words, within = _of_parts(turn.get(text_key), place, column)
    found = [text for text in (*_beside(turn), within) if text]
    own = thought_of(words) if isinstance(words, str) and found else ""
    if len({text.strip() for text in (*found, own) if text}) > 1:
        raise RowFault("data.turn.two_thoughts", column, turn=place)
    if found:
        check_characters(found[0], column)
    return (turn if words is turn.get(text_key) else {**turn, text_key: words}), found[0] if found else ""


def _beside(turn: Mapping[str, Any]) -> list[str]:
    return [text for name in MEMBERS if (text := member_text(turn, name))]


def _of_parts(value: Any, place: int, column: str) -> tuple[Any, str]:
    """A content without its parts that are thinking, and these as one text."""
    if not isinstance(value, list) or not any(_is_thought(part) for part in value):
        return value, ""
    kept = [part for part in value if not _is_thought(part)]
    if any(_is_sealed(part) for part in value if _is_thought(part)):
        raise RowFault("data.turn.sealed_thought", column, turn=place)
    if [_is_thought(part) for part in value] != [True] * (len(value) - len(kept)) + [False] * len(kept):
        raise RowFault("data.turn.late_thought", column, turn=place, found=show(value))
    texts = (text_of_thought(part) for part in value if _is_thought(part))
    return kept or "", "\n\n".join(text for text in texts if text)


def _is_thought(part: Any) -> bool:
    """Whether a part is thinking: by its type, or as Gemini and Bedrock mark it."""
    if not isinstance(part, Mapping):
        return False
    return part.get("type") in (*PARTS, _REDACTED) or part.get("thought") is True or BEDROCK in part


def _is_sealed(part: Mapping[str, Any]) -> bool:
    """Whether its service alone can read it."""
    hidden = (
        part.get("type") == _REDACTED or "encrypted_content" in part or "redactedContent" in (part.get(BEDROCK) or {})
    )
    return hidden and not text_of_thought(part)


def answer_of_row(answer: str, values: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The message of an answer with the thinking that stands in a column beside it.

    Raises:
        RowFault: "data.row.not_text", "data.row.two_thoughts", or what is wrong with its characters.
    """
    message = {"role": "assistant", "content": answer}
    if not fields.has("reasoning"):
        return message
    value, column = fields.raw(values, "reasoning"), fields.column("reasoning")
    if isinstance(value, bool | int | float):
        raise RowFault("data.row.not_text", column, found=show(value))
    text = value if isinstance(value, str) and value.strip() else text_of_thought(value)
    if text:
        check_characters(text, column)
        if (own := thought_of(answer)) and own != text.strip():
            raise RowFault("data.row.two_thoughts", column)
        message[THINKING] = text
    return message
