"""Conversations that branched off others: their family, and the turns that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, insert, literal, or_, select
from sqlalchemy.orm import Session, aliased

from storage.queries.conversations import USER
from storage.tables import Conversation, Message


@dataclass(frozen=True)
class Relative:
    """One conversation of a family, deleted ones too."""

    id: int  # of its row
    parent_id: int | None  # that it branched off
    parent_turn: int  # the first turn that is another one there; 0 for a root
    here: bool  # it was not deleted
    last_turn: int  # number of its last turn; 0 before the first
    updated_at: float  # seconds since 1970


def copy_turns(s: Session, source_id: int, target_id: int, last_turn: int) -> None:
    """Copy all messages up to a turn into another conversation, with everything that is kept of them."""
    own = [column for column in Message.__table__.columns if column.name not in ("id", "conversation_id")]
    names = ["conversation_id", *(column.name for column in own)]
    taken = select(literal(target_id), *own).where(Message.conversation_id == source_id, Message.turn <= last_turn)
    s.execute(insert(Message).from_select(names, taken.order_by(Message.id)))


def roots_of(s: Session, ids: Sequence[int]) -> dict[int, int]:
    """The first conversation of each one's family."""
    up = select(Conversation.id.label("start"), Conversation.id, Conversation.parent_id)
    walk = up.where(Conversation.id.in_(ids)).cte("walk", recursive=True)
    above = aliased(Conversation)
    walk = walk.union(select(walk.c.start, above.id, above.parent_id).join(walk, above.id == walk.c.parent_id))
    found = {row.start: row.id for row in s.execute(select(walk).order_by(walk.c.id.desc()))}
    return {one: found.get(one, one) for one in ids}  # a parent is older than what branched off it


def family_of(s: Session, conversation_id: int) -> list[Relative]:
    """All conversations that have their beginning in common with this one, the oldest first; none where there is no other."""
    kin = or_(
        Conversation.parent_id == conversation_id,
        and_(Conversation.id == conversation_id, Conversation.parent_id.is_not(None)),
    )
    if s.scalar(select(Conversation.id).where(kin).limit(1)) is None:
        return []
    root = roots_of(s, [conversation_id])[conversation_id]
    down = select(Conversation.id).where(Conversation.id == root).cte("down", recursive=True)
    below = aliased(Conversation)
    down = down.union(select(below.id).join(down, below.parent_id == down.c.id))
    last = select(func.max(Message.turn)).where(Message.conversation_id == Conversation.id).scalar_subquery()
    rows = s.execute(select(Conversation, last).where(Conversation.id.in_(select(down.c.id))).order_by(Conversation.id))
    return [
        Relative(row.id, row.parent_id, row.parent_turn or 0, row.deleted_at is None, turn or 0, row.updated_at)
        for row, turn in rows
    ]


def branch_prompts(s: Session, ids: Sequence[int]) -> dict[int, str]:
    """What each conversation that branched off another asks where it differs first."""
    at_branch = select(Conversation.id, Message.content).join(Message, Message.conversation_id == Conversation.id)
    own = (Conversation.id.in_(ids), Message.turn == Conversation.parent_turn, Message.role == USER)
    return {row[0]: row[1] for row in s.execute(at_branch.where(*own))}
