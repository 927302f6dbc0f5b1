"""Scores beside the answers of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.context import Context
from engine.services.chat.blind import refuse_hidden
from engine.services.chat.sides import Setup, find_conversation, history_of, setup_of
from engine.services.chat.stored.variables import system_at
from engine.services.scoring.asking import AskedScorer
from engine.services.scoring.shapes import AnswerScore, ScoreOf
from storage.queries import conversations
from storage.tables import Message

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

_COMPLETE = ("complete", "stopped")


def score_conversation(ctx: Context, chat: Chat, conversation_id: int, scorer_id: int) -> list[AnswerScore]:
    """The score of every answer that was given, each behind what its own side had heard before.

    Raises:
        NotFound: there is no such conversation or reward model.
        Fault: where nothing can be scored.
    """
    with ctx.db.read() as s:
        conversation = find_conversation(s, conversation_id)
        setup = setup_of(s, conversation)
        refuse_hidden(conversation)
        messages = conversations.messages_of(s, conversation_id)
    prompts = {one.turn: one.content for one in messages if one.role == conversations.USER}
    given = [
        one
        for one in messages
        if one.role == conversations.ASSISTANT and one.status in _COMPLETE and one.content and one.turn in prompts
    ]
    talks = [
        (
            history_of(
                _told(setup, messages, one.turn),
                [m for m in messages if m.turn < one.turn],
                one.side,
                prompts[one.turn],
            ),
            one.content,
        )
        for one in given
    ]
    scores = AskedScorer(ctx, chat, scorer_id).score(talks)
    return [
        {"turn": one.turn, "side": one.side, "score": found["score"], "error": found["error"]}
        for one, found in zip(given, scores, strict=True)
    ]


def _told(setup: Setup, messages: Sequence[Message], turn: int) -> Setup:
    """The setup with the system prompt as it was told at a turn."""
    return replace(setup, settings={**setup.settings, "system": system_at(setup.settings["system"], messages, turn)})


def score_text(ctx: Context, chat: Chat, scorer_id: int, question: str, answer: str) -> ScoreOf:
    """The score of any answer to any question. Raises as `score_conversation`."""
    asked = [{"role": "user", "content": question}]
    return AskedScorer(ctx, chat, scorer_id).score([(asked, answer)])[0]
