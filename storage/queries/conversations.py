"""Conversations and their messages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, undefer

from storage.tables import Conversation, Message

USER, ASSISTANT = "user", "assistant"
STREAMING = "streaming"


def get_conversation(s: Session, conversation_id: int) -> Conversation | None:
    """A conversation that was not deleted."""
    return s.scalar(select(Conversation).where(Conversation.id == conversation_id, Conversation.deleted_at.is_(None)))


def list_conversations(s: Session, limit: int) -> list[Conversation]:
    """Conversations in which something was asked, the last used first."""
    asked = exists().where(Message.conversation_id == Conversation.id)
    shown = select(Conversation).where(Conversation.deleted_at.is_(None), asked)
    return list(s.scalars(shown.order_by(Conversation.updated_at.desc(), Conversation.id.desc()).limit(limit)))


def messages_of(s: Session, conversation_id: int) -> list[Message]:
    """All messages, turn by turn, the prompt first."""
    own = select(Message).where(Message.conversation_id == conversation_id)
    return list(s.scalars(own.order_by(Message.turn, Message.role.desc(), Message.id)))


def answers_with_makers(s: Session, conversation_id: int, turn: int) -> list[Message]:
    """The answers of a turn with `made_by`, which is left out elsewhere."""
    own = Message.conversation_id == conversation_id, Message.turn == turn, Message.role == ASSISTANT
    return list(s.scalars(select(Message).where(*own).order_by(Message.id).options(undefer(Message.made_by))))


def turn_counts(s: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many prompts each conversation has."""
    own = select(Message.conversation_id, func.count()).where(Message.conversation_id.in_(ids), Message.role == USER)
    return {row[0]: row[1] for row in s.execute(own.group_by(Message.conversation_id))}


def last_turn(s: Session, conversation_id: int) -> int:
    """The number of the last turn; 0 before the first."""
    return s.scalar(select(func.max(Message.turn)).where(Message.conversation_id == conversation_id)) or 0


def add_prompt(s: Session, conversation_id: int, turn: int, prompt: str, stats: dict[str, Any] | None = None) -> None:
    """Store what the user asked. `stats`: {"template", "values"} where variables were filled in."""
    s.add(Message(conversation_id=conversation_id, turn=turn, role=USER, content=prompt, stats=stats or {}))


def put_answer(s: Session, conversation_id: int, turn: int, side: str, values: dict[str, Any]) -> None:
    """Store one side's answer so far, in place of what was there."""
    own = (
        Message.conversation_id == conversation_id,
        Message.turn == turn,
        Message.role == ASSISTANT,
        Message.side == side,
    )
    if s.execute(update(Message).where(*own).values(**values).returning(Message.id)).first() is None:
        s.add(Message(conversation_id=conversation_id, turn=turn, role=ASSISTANT, side=side, **values))


def drop_other_answers(s: Session, conversation_id: int, turn: int, sides: Sequence[str]) -> None:
    """Remove answers of a turn by sides that are no longer part of the conversation."""
    others = delete(Message).where(
        Message.conversation_id == conversation_id,
        Message.turn == turn,
        Message.role == ASSISTANT,
        Message.side.not_in(sides),
    )
    s.execute(others)


def touch(s: Session, conversation_id: int) -> None:
    """Mark a conversation as used now."""
    s.execute(update(Conversation).where(Conversation.id == conversation_id).values(updated_at=time.time()))


def streaming_answers(s: Session) -> list[Message]:
    """Answers that somebody is writing, or was when the process ended."""
    return list(s.scalars(select(Message).where(Message.status == STREAMING)))


def forget(conversation: Conversation) -> None:
    """Take it off the list."""
    conversation.deleted_at = time.time()


def newest_stats(s: Session, weights_hash: str, limit: int) -> list[dict[str, Any]]:
    """Numbers of the newest whole answers of some weights."""
    of_it = select(Message.stats).where(Message.weights_hash == weights_hash, Message.role == ASSISTANT)
    return list(s.scalars(of_it.where(Message.status == "complete").order_by(Message.id.desc()).limit(limit)))
