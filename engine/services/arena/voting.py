"""Blind votes: kept, taken back, and who was who told after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.schema.ranked import ranks_of
from engine.services.arena.turns import Seen, Turn, read_arena
from engine.services.chat.blind import shown_turns, shuffled
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import find_conversation
from engine.services.data.annotation.feedback import before_turn
from engine.services.data.ranking.judging import written_best
from engine.services.data.ranking.votes import answers_of, asked_of, voted_prompt
from engine.shapes.arena import BlindVote
from storage.queries import conversations
from storage.queries.ranked import rankings
from storage.tables import Message

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat


def keep_vote(ctx: Context, chat: Chat, conversation: int, turn: int, rater: str, said: BlindVote) -> None:
    """Keep what a person thinks of the answers of a turn; the last word counts.

    It is blind where the person did not know who was who. A vote that is changed after the names were seen is not.

    Raises:
        NotFound: there is no such comparison or turn.
        Fault: "arena.not_ready", "rank.ranks" or "rank.best".
    """
    seen = read_arena(ctx, chat, conversation, rater)
    found = _voted_on(seen, turn)
    ranks, best = _by_side(seen, found, said), written_best(said["best"])
    verdict = rankings.BAD if said["bad"] else ""
    with ctx.db.read() as s:
        settings = read_chat_settings(find_conversation(s, conversation).settings)
        messages = conversations.messages_of(s, conversation)
    given = [one for one in messages if one.turn == turn and one.role == conversations.ASSISTANT]
    labels = {side["side"]: side["label"] for side in seen.view["sides"]}
    before = [] if seen.blind["apart"] else before_turn(messages, turn, _best_side(given, ranks))
    asked = asked_of(settings, before, found.prompt)
    with ctx.db.write() as s:
        hidden = turn not in shown_turns(find_conversation(s, conversation).blind, seen.rater)
        row = voted_prompt(s, conversation, turn, asked, answers_of(given, labels, settings))
        old = rankings.ranking_by(s, row.id, seen.rater)
        told = [ranks[one.side] for one in given] if ranks else []
        same = old is not None and (old.ranks, old.verdict) == (told, verdict)
        blind = old.blind if same and old else hidden
        rankings.put_ranking(s, row.id, seen.rater, told, best, verdict=verdict, blind=blind)


def _voted_on(seen: Seen, turn: int) -> Turn:
    found = next((one for one in seen.turns if one.turn == turn), None)
    if found is None:
        raise NotFound(turn=turn)
    if found.state != "ready":
        raise Fault("arena.not_ready")
    return found


def _by_side(seen: Seen, turn: Turn, said: BlindVote) -> dict[str, int]:
    """Ranks by side; empty where the turn is passed over. None is better than another where all are bad."""
    if not said["ranks"]:
        return {}
    sides = shuffled(seen.blind, turn.turn, [one["side"] for one in turn.answers], seen.rater)
    if len(said["ranks"]) != len(sides):
        raise Fault("rank.ranks", count=len(sides))
    ranks = [1] * len(sides) if said["bad"] else ranks_of(said["ranks"])
    return dict(zip(sides, ranks, strict=True))


def _best_side(given: list[Message], ranks: dict[str, int]) -> str:
    return min(given, key=lambda one: ranks.get(one.side, 1)).side


def take_back_vote(ctx: Context, chat: Chat, conversation: int, turn: int, rater: str) -> None:
    """Forget a vote, as if it had not been given; names that were seen stay known. Raises NotFound."""
    seen = read_arena(ctx, chat, conversation, rater)
    with ctx.db.write() as s:
        row = rankings.voted(s, conversation, turn)
        if row is None or not rankings.take_back(s, row, seen.rater):
            raise NotFound(turn=turn)


def show_names(ctx: Context, chat: Chat, conversation: int, turn: int, rater: str) -> None:
    """Tell a person who gave the answers of a turn on which they voted.

    Raises:
        NotFound: there is no such comparison. Fault: "arena.not_voted".
    """
    seen = read_arena(ctx, chat, conversation, rater)
    if not any(one.turn == turn and one.ranking for one in seen.turns):
        raise Fault("arena.not_voted")
    with ctx.db.write() as s:
        row = find_conversation(s, conversation)
        mine = sorted({*row.blind["shown"].get(seen.rater, ()), turn})
        row.blind = {**row.blind, "shown": {**row.blind["shown"], seen.rater: mine}}
