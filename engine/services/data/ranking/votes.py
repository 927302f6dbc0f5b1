"""Votes of the playground: which of the answers to one question is the better one. They lie where rankings do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.services.chat.blind import is_hidden, refuse_hidden
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import find_conversation, setup_of
from engine.services.chat.stored.variables import system_at
from engine.services.data.annotation.feedback import before_turn
from engine.services.data.ranking.judging import rater_name
from engine.shapes.annotation import VoteView
from storage.queries import conversations
from storage.queries.ranked import rankings
from storage.ranking_tables import RankedPrompt
from storage.tables import Message


def vote(ctx: Context, conversation: int, turn: int, better: str | None, rater: str = "") -> VoteView:
    """Keep that one side answered better than all others, or (None) that they are as good; the last word counts.

    Earlier turns are those of the better side: each side has a conversation of its own.

    Raises:
        NotFound: there is no such conversation, turn or side.
        Fault: "rank.one_answer": less than two sides have answered; "chat.blind" where who answered is hidden.
    """
    prompt, answers, sides = _asked(ctx, conversation, turn, better)
    with ctx.db.write() as s:
        found = voted_prompt(s, conversation, turn, prompt, answers)
        ranks = [1 if better in (None, side) else 2 for side in sides]
        rankings.put_ranking(s, found.id, rater_name(rater), ranks, None)
    return {"turn": turn, "better": better or ""}


def voted_prompt(s: Session, conversation: int, turn: int, prompt: list[Any], answers: list[Any]) -> RankedPrompt:
    """The row that votes on these answers belong to; answers that were given anew have one of their own."""
    found = rankings.voted(s, conversation, turn)
    if found is None or [one["text"] for one in found.answers] != [one["text"] for one in answers]:
        found = RankedPrompt(source=rankings.PLAYGROUND, conversation_id=conversation, turn=turn, drawn=True)
        s.add(found)
    found.prompt, found.answers = prompt, answers
    s.flush()
    return found


def _asked(ctx: Context, conversation: int, turn: int, better: str | None) -> tuple[list[Any], list[Any], list[str]]:
    """The prompt of a turn, the answers to it, and whose they are. Raises as `vote`."""
    with ctx.db.read() as s:
        row = find_conversation(s, conversation)
        refuse_hidden(row, turn)
        messages = conversations.messages_of(s, conversation)
        settings = read_chat_settings(row.settings)
        labels = {one.side: one.label for one in setup_of(s, row).sides}
    said = [one for one in messages if one.turn == turn and one.role == conversations.ASSISTANT and _whole(one)]
    asked = next((one.content for one in messages if one.turn == turn and one.role == conversations.USER), None)
    if asked is None or (better is not None and better not in {one.side for one in said}):
        raise NotFound(turn=turn, side=better)
    if len({one.content.strip() for one in said}) < 2:
        raise Fault("rank.one_answer")
    settings["system"] = system_at(str(settings.get("system") or ""), messages, turn)
    before = before_turn(messages, turn, better or said[0].side)
    return asked_of(settings, before, asked), answers_of(said, labels, settings), [one.side for one in said]


def asked_of(settings: Mapping[str, Any], before: Sequence[Any], prompt: str) -> list[Any]:
    """What a side was asked: the system prompt, the turns before, the question."""
    system = str(settings.get("system") or "")
    first = [{"role": "system", "content": system}] if system.strip() else []
    return [*first, *before, {"role": "user", "content": prompt}]


def answers_of(said: Sequence[Message], labels: Mapping[str, str], settings: Mapping[str, Any]) -> list[Any]:
    """Answers as votes keep them, with what made each."""
    sampling = {key: settings.get(key) for key in ("temperature", "top_p", "max_tokens")}
    return [_answer(one, labels, sampling) for one in said]


def _whole(message: Message) -> bool:
    """A model's own words: what a person wrote is not voted on."""
    told = message.status in ("complete", "stopped") and bool(message.content.strip())
    return told and not message.stats.get("edited")


def _answer(message: Message, labels: Mapping[str, str], sampling: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": message.content,
        "side": message.side,
        "label": labels.get(message.side, message.side),
        "weights": message.weights_hash,
        "sampling": {**sampling, "seed": message.stats.get("seed")},
        "whole": message.stats.get("reason", "end") == "end",
    }


def votes(ctx: Context, conversation: int, rater: str = "") -> list[VoteView]:
    """What a person voted in a conversation; of answers that were given anew since or whose givers are hidden, nothing."""
    with ctx.db.read() as s:
        blind = find_conversation(s, conversation).blind
        found = rankings.votes_in(s, conversation, rater_name(rater))
        texts = {(one.turn, one.side): one.content for one in conversations.messages_of(s, conversation)}
    return [
        {"turn": int(prompt.turn or 0), "better": _better(prompt.answers, ranking.ranks)}
        for prompt, ranking in found
        if ranking.ranks
        and not is_hidden(blind, int(prompt.turn or 0))
        and all(texts.get((int(prompt.turn or 0), str(one["side"]))) == one["text"] for one in prompt.answers)
    ]


def _better(answers: list[Any], ranks: list[Any]) -> str:
    tied = len(set(ranks)) == 1
    return "" if tied else next(one["side"] for one, rank in zip(answers, ranks, strict=True) if rank == 1)
