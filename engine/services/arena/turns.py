"""The turns of a blind comparison as one person sees them. A turn has one state: none of its answers is told before all are whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.services.chat.blind import LETTERS, shown_turns, shuffled, status_of
from engine.services.chat.sides import find_conversation
from engine.services.data.ranking.judging import rater_name
from engine.shapes.arena import ArenaName, ArenaState, ArenaTurn, ArenaView, KeptVote
from engine.shapes.chat import ConversationView, MessageView, SideView
from storage.queries import conversations
from storage.queries.ranked import rankings
from storage.ranking_tables import Ranking

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat


@dataclass(frozen=True)
class Turn:
    """One question with its answers, who gave them included: nothing of it reaches a page as it is."""

    turn: int  # of the conversation
    prompt: str  # that was asked
    answers: tuple[MessageView, ...]  # so far
    state: ArenaState  # of all together
    ranking: Ranking | None  # of the person who looks
    last: bool  # none was asked after it: only its answers can be given anew

    @property
    def waits(self) -> bool:
        """Whether the person has yet to say something."""
        lost = self.state in ("failed", "stopped") and not self.last
        return self.ranking is None and self.state != "alike" and not lost


@dataclass(frozen=True)
class Seen:
    """A comparison as it is known on the server."""

    view: ConversationView  # with all that is hidden
    blind: Mapping[str, Any]  # what the conversation keeps of it
    rater: str  # who looks
    turns: tuple[Turn, ...]  # in their order

    @property
    def busy(self) -> bool:
        """Whether something is being answered."""
        return bool(self.view.get("busy"))

    @property
    def last(self) -> int:
        """The number of the last turn; 0 before the first."""
        return self.turns[-1].turn if self.turns else 0

    @property
    def left(self) -> list[str]:
        """Questions of the list that were not asked yet."""
        asked = {one.prompt for one in self.turns}
        return [one for one in self.blind["questions"] if one not in asked]

    @property
    def open_turns(self) -> list[Turn]:
        """Those that wait for this person."""
        return [one for one in self.turns if one.waits]


def read_arena(ctx: Context, chat: Chat, conversation: int, rater: str) -> Seen:
    """Everything about a blind comparison. Raises NotFound."""
    name = rater_name(rater)
    with ctx.db.read() as s:
        blind = dict(find_conversation(s, conversation).blind)
        voted = {
            int(prompt.turn or 0): (prompt.answers, found) for prompt, found in rankings.votes_in(s, conversation, name)
        }
    if not blind:
        raise NotFound(conversation=conversation)
    view = chat.whole_view(conversation)
    said: dict[int, list[MessageView]] = {}
    for message in view["messages"]:
        said.setdefault(message["turn"], []).append(message)
    busy, last = bool(view.get("busy")), max(said, default=0)
    turns = tuple(_turn(turn, messages, voted.get(turn), turn == last, busy) for turn, messages in sorted(said.items()))
    return Seen(view, blind, name, turns)


def _turn(
    turn: int, said: Sequence[MessageView], voted: tuple[Sequence[Any], Ranking] | None, last: bool, busy: bool
) -> Turn:
    prompt = next((one["content"] for one in said if one["role"] == conversations.USER), "")
    answers = tuple(one for one in said if one["role"] == conversations.ASSISTANT)
    texts = {one["side"]: one["content"] for one in answers}
    still = voted is not None and all(texts.get(one["side"]) == one["text"] for one in voted[0])
    state = _state(answers, busy and last)
    return Turn(turn, prompt, answers, state, voted[1] if voted and still else None, last)


def _state(answers: Sequence[MessageView], busy: bool) -> ArenaState:
    status = status_of(answers) if answers else "streaming" if busy else "stopped"
    if busy or status == "streaming":
        return "writing"
    if status != "complete":
        return "failed" if status == "failed" else "stopped"
    return "ready" if len({one["content"].strip() for one in answers}) > 1 else "alike"


def arena_view(ctx: Context, chat: Chat, conversation: int, rater: str, turn: int = 0) -> ArenaView:
    """A comparison as a person may see it.

    Args:
        turn: that is looked at; 0: the first that waits for a vote.

    Raises:
        NotFound: there is no such comparison.
    """
    seen = read_arena(ctx, chat, conversation, rater)
    waiting = seen.open_turns
    looked = next((one for one in seen.turns if one.turn == turn), waiting[0] if waiting and not turn else None)
    voted = [one.ranking for one in seen.turns if one.ranking]
    return {
        "id": conversation,
        "base_name": seen.view["base_name"],
        "among": sorted(side["label"] for side in seen.view["sides"]),
        "read_only": seen.view["read_only"],
        "turn": _shown(seen, looked) if looked else None,
        "busy": seen.busy,
        "ahead": sum(one is not looked for one in waiting),
        "left": len(seen.left),
        "unvoted": len(seen.left) + sum(one.prompt in seen.blind["questions"] for one in waiting),
        "total": len(seen.blind["questions"]),
        "votes": sum(bool(one.ranks) for one in voted),
        "passed": sum(not one.ranks for one in voted),
        "alike": sum(one.state == "alike" for one in seen.turns),
        "reveal": bool(seen.blind["reveal"]),
        "apart": bool(seen.blind["apart"]),
        "tuned_ids": seen.view["tuned_ids"],
    }


def _shown(seen: Seen, turn: Turn) -> ArenaTurn:
    by_side = {one["side"]: one for one in turn.answers}
    order = shuffled(seen.blind, turn.turn, by_side, seen.rater)
    ready = turn.state in ("ready", "alike")
    error = next((one["stats"]["error"] for one in turn.answers if "error" in one["stats"]), None)
    return {
        "turn": turn.turn,
        "prompt": turn.prompt,
        "state": turn.state,
        "error": error if turn.state == "failed" else None,
        "answers": [
            {"letter": letter, "text": by_side[side]["content"], "whole": by_side[side]["stats"].get("reason") != "length"}
            for letter, side in zip(LETTERS, order, strict=False)
        ] if ready else [],
        "vote": _vote(turn, order),
        "names": _names(seen, turn, order) if turn.turn in shown_turns(seen.blind, seen.rater) else [],
    }  # fmt: skip


def _vote(turn: Turn, order: Sequence[str]) -> KeptVote | None:
    """The person's vote by letters."""
    if turn.ranking is None:
        return None
    ranks = dict(zip([one["side"] for one in turn.answers], turn.ranking.ranks, strict=False))
    bad = turn.ranking.verdict == rankings.BAD
    shown = [ranks[side] for side in order] if ranks else []
    return {"ranks": shown, "bad": bad, "best": turn.ranking.best, "blind": turn.ranking.blind}


def _names(seen: Seen, turn: Turn, order: Sequence[str]) -> list[ArenaName]:
    sides = {side["side"]: side for side in seen.view["sides"]}
    hashes = {one["side"]: one["weights_hash"] or "" for one in turn.answers}
    return [_name(letter, side, sides.get(side), hashes[side]) for letter, side in zip(LETTERS, order, strict=False)]


def _name(letter: str, side: str, known: SideView | None, weights: str) -> ArenaName:
    label, kind = (known["label"], known["kind"]) if known else (side, "tuned")
    return {"letter": letter, "side": side, "label": label, "kind": kind, "weights_hash": weights}  # type: ignore[typeddict-item]
