"""The Playground's blind comparison: what its page asks for, and what it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.arena import session, votes_made, voting
from engine.services.arena.turns import arena_view
from engine.shapes.annotation import GatheredRows, GatherWish
from engine.shapes.arena import ArenaView, ArenaWish, BlindVote, VotesMade
from webui.site import Site

Function = Callable[..., Any]


def arena_feed(site: Site) -> Function:
    """What the page asks again and again."""

    def arena_feed(conversation_id: int, rater: str, turn: int) -> ArenaView:
        """The comparison as this person may see it; `turn` 0 is the first that waits for a vote."""
        return arena_view(site.ctx, site.chat, conversation_id, rater, turn)

    return arena_feed


def arena_functions(site: Site) -> tuple[Function, ...]:
    """What begins a comparison, asks, votes, and makes data of votes."""
    ctx, chat = site.ctx, site.chat

    def arena_questions(sides: list[str]) -> int:
        """How many validation questions there are."""
        return len(session.validation_questions(chat, sides))

    def arena_open(wanted: ArenaWish) -> int:
        return session.open_arena(ctx, chat, wanted)

    def arena_ask(conversation_id: int, rater: str, prompt: str | None) -> int:
        return session.ask_next(ctx, chat, conversation_id, rater, prompt)

    def arena_again(conversation_id: int, rater: str) -> int:
        return session.ask_again(ctx, chat, conversation_id, rater)

    def arena_reveal(conversation_id: int, reveal: bool) -> None:
        session.set_reveal(ctx, conversation_id, reveal)

    return (arena_questions, arena_open, arena_ask, arena_again, arena_reveal, *_votes(site))


def _votes(site: Site) -> tuple[Function, ...]:
    ctx, chat = site.ctx, site.chat

    def arena_vote(conversation_id: int, turn: int, rater: str, said: BlindVote) -> None:
        voting.keep_vote(ctx, chat, conversation_id, turn, rater, said)

    def arena_undo(conversation_id: int, turn: int, rater: str) -> None:
        voting.take_back_vote(ctx, chat, conversation_id, turn, rater)

    def arena_names(conversation_id: int, turn: int, rater: str) -> None:
        voting.show_names(ctx, chat, conversation_id, turn, rater)

    def arena_rows(conversation_id: int) -> VotesMade:
        return votes_made.votes_made(ctx, conversation_id)

    def arena_gather(conversation_id: int, wish: GatherWish) -> GatheredRows:
        return votes_made.gather_votes(ctx, conversation_id, wish)

    return arena_vote, arena_undo, arena_names, arena_rows, arena_gather
