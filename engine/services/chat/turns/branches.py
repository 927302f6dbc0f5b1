"""Conversations that branch: another question, another answer or other words from a turn on; what was before stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.services.chat.blind import refuse_hidden, shown_before
from engine.services.chat.sides import clean_prompt, find_conversation
from engine.services.chat.stored.variables import Values
from storage.queries import conversations
from storage.queries.talks import branches
from storage.tables import Conversation, Message

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat
    from engine.shapes.chat import AnswerEvent

    Asking = Callable[[int], Iterator[AnswerEvent]]


def branch(ctx: Context, conversation_id: int, turn: int) -> int:
    """A conversation that has all up to this turn in common with the other, to go on differently; its id.

    Raises:
        NotFound: there is no such conversation or turn. Fault: "chat.busy" while that turn is being answered.
    """
    return _branch(ctx, conversation_id, turn, turn + 1)


def correct(ctx: Context, conversation_id: int, turn: int, side: str, text: str) -> int:
    """A branch in which a side's answer is what a person wrote, to go on from it; its id. Raises as `branch`, or "chat.empty_answer"."""
    if not text.strip():
        raise Fault("chat.empty_answer")
    with ctx.db.read() as s:
        refuse_hidden(find_conversation(s, conversation_id), turn)
    said = {"content": clean_prompt(text), "status": "complete", "weights_hash": None}  # no weights wrote this

    def rewrite(s: Session, new: int) -> None:
        own = (Message.conversation_id == new, Message.turn == turn, Message.role == conversations.ASSISTANT)
        changed = update(Message).where(*own, Message.side == side).values(**said, stats={"edited": True}, made_by={})
        if s.execute(changed.returning(Message.id)).first() is None:
            raise NotFound(turn=turn, side=side)

    return _branch(ctx, conversation_id, turn, turn, rewrite)


def ask_instead(
    ctx: Context, chat: Chat, conversation_id: int, turn: int, prompt: str, values: Values | None = None
) -> int:
    """Ask something else at a turn, in a branch; its id. Nothing is made where it cannot be asked (raises as `Chat.ask`)."""
    _find_prompt(ctx, conversation_id, turn)
    new = _branch(ctx, conversation_id, turn - 1, turn)
    return _begun(ctx, new, lambda one: chat.ask(one, prompt, values=values))


def answer_again(ctx: Context, chat: Chat, conversation_id: int, turn: int, side: str = "") -> int:
    """Have all sides or one answer a turn again: the last in its place, an earlier one in a branch; the conversation that has it.

    Raises:
        NotFound, Fault: as `Chat.regenerate`.
    """
    sides = [side] if side else []
    asked = _find_prompt(ctx, conversation_id, turn)
    if turn == asked.last:
        next(chat.regenerate(conversation_id, sides), None)
        return conversation_id
    if not side:
        return ask_instead(ctx, chat, conversation_id, turn, asked.template, asked.values)
    new = _branch(ctx, conversation_id, turn, turn)
    return _begun(ctx, new, lambda one: chat.regenerate(one, sides))


class _Asked:
    """How a turn was asked."""

    def __init__(self, message: Message, last: int) -> None:
        self.last = last
        self.values: dict[str, str] | None = message.stats.get("values")
        self.template = str(message.stats.get("template") or message.content)


def _find_prompt(ctx: Context, conversation_id: int, turn: int) -> _Asked:
    with ctx.db.read() as s:
        find_conversation(s, conversation_id)
        messages = conversations.messages_of(s, conversation_id)
        found = next((one for one in messages if one.turn == turn and one.role == conversations.USER), None)
        if found is None:
            raise NotFound(turn=turn)
        return _Asked(found, messages[-1].turn)


def _branch(
    ctx: Context, conversation_id: int, kept: int, differs: int, change: Callable[[Session, int], None] | None = None
) -> int:
    """Copy all turns up to `kept` into a new conversation, in one transaction with `change`."""
    with ctx.db.write() as s:
        old = find_conversation(s, conversation_id)
        shared = [one for one in conversations.messages_of(s, conversation_id) if one.turn <= kept]
        if kept and kept not in {one.turn for one in shared}:
            raise NotFound(turn=kept)
        if any(one.status == conversations.STREAMING for one in shared):
            raise Fault("chat.busy")
        new = Conversation(
            title=old.title if kept else "",
            base_model_id=old.base_model_id,
            tuned_ids=[*old.tuned_ids],
            sides=[*old.sides],
            settings={**old.settings},
            blind=shown_before(old.blind, kept),
            parent_id=old.id,
            parent_turn=differs,
        )
        s.add(new)
        s.flush()
        branches.copy_turns(s, old.id, new.id, kept)
        if change:
            change(s, new.id)
        return new.id


def _begun(ctx: Context, new: int, ask: Asking) -> int:
    """Begin the answers of a new branch; where they cannot be given, the branch goes again."""
    try:
        next(ask(new), None)
    except BaseException:
        with ctx.db.write() as s:
            s.delete(find_conversation(s, new))
        raise
    return new
