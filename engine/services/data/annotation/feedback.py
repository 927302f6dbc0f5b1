"""Answers of the playground as training rows, for a person to approve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.core.shapes import NameOfId
from engine.services.chat.blind import refuse_hidden
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import find_conversation, setup_of
from engine.services.chat.stored.variables import system_at
from engine.services.data.annotation.annotation_queue import collect
from storage.queries import conversations
from storage.queries import datasets as queries
from storage.tables import Message

_SYSTEM = "system"  # setting of a conversation


def collect_answer(
    ctx: Context,
    conversation: int,
    turn: int,
    side: str,
    *,
    question: str,
    answer: str,
    with_before: bool = False,
    dataset: int | None = None,
) -> int:
    """Put one side's answer into the queue of rows to review, as it is or corrected; returns its id there.

    Args:
        question, answer: as the person left them.
        with_before: whether the turns before it, with that side's answers, are part of the row.
        dataset: the data set that it is meant for.

    Raises:
        NotFound: there is no such conversation or answer.
        Fault: why it cannot be trained on (see `review.collect`), or "chat.blind" where who gave it is hidden.
    """
    with ctx.db.read() as session:
        row = find_conversation(session, conversation)
        refuse_hidden(row, turn)
        messages = conversations.messages_of(session, conversation)
        labels = {one.side: one.label for one in setup_of(session, row).sides}
        system = system_at(str(read_chat_settings(row.settings).get(_SYSTEM) or ""), messages, turn)
    said = _said(messages, turn, side)
    before = before_turn(messages, turn, side) if with_before else []
    asked = next((m.content for m in messages if m.turn == turn and m.role == conversations.USER), "")
    origin = {
        "code": "playground",
        "model": labels.get(side, side),
        "side": side,
        "conversation": conversation,
        "weights": said.weights_hash,
        "edited": (question, answer) != (asked, said.content),
    }
    return collect(ctx, {"messages": _conversation(system, before, question, answer)}, origin, dataset)


def _conversation(system: str, before: list[dict[str, Any]], question: str, answer: str) -> list[dict[str, Any]]:
    first = [{"role": "system", "content": system}] if system.strip() else []
    return [*first, *before, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def _said(messages: Sequence[Message], turn: int, side: str) -> Message:
    found = (m for m in messages if (m.turn, m.role, m.side) == (turn, conversations.ASSISTANT, side))
    if (said := next(found, None)) is None:
        raise NotFound(turn=turn, side=side)
    return said


def before_turn(messages: Sequence[Message], turn: int, side: str) -> list[dict[str, Any]]:
    """The earlier turns in which this side answered."""
    turns: dict[int, dict[str, str]] = {}
    for message in messages:
        if message.turn < turn and message.content.strip() and message.side in ("", side):
            turns.setdefault(message.turn, {})[message.role] = message.content
    whole = [said for _, said in sorted(turns.items()) if len(said) == 2]
    return [
        {"role": role, "content": said[role]}
        for said in whole
        for role in (conversations.USER, conversations.ASSISTANT)
    ]


def targets(ctx: Context) -> list[NameOfId]:
    """The data sets of conversations that a row may be meant for: [{"id", "name"}], the newest first."""
    with ctx.db.read() as session:
        sets = queries.newest_first(session)
        return [{"id": one.id, "name": one.name} for one in sets if one.status == "ready" and one.kind == "chat"]
