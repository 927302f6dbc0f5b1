"""Who answered is hidden until the vote: letters in place of names, in an order of its own for each turn and person.

A conversation's `blind` is {"seed", "apart", "reveal", "questions", "shown"}; empty where names are seen. Each order is drawn for
itself: orders that were balanced among each other could be guessed once some of them are known.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from engine.core.errors import Fault
from engine.shapes.chat import ConversationView, MessageView
from storage.queries import conversations
from storage.tables import Conversation

LETTERS = "ABCDEFGH"
_DONE = "complete"


def new_blind(questions: Sequence[str], *, apart: bool, reveal: bool) -> dict[str, Any]:
    """What a new blind conversation keeps.

    Args:
        questions: to be asked one after the other.
        apart: each question is asked alone, without the turns before it.
        reveal: names are shown after each vote.
    """
    seed = secrets.token_hex(16)  # whoever knew it could tell the sides apart
    return {"seed": seed, "apart": apart, "reveal": reveal, "questions": list(questions), "shown": {}}


def stands_apart(blind: Mapping[str, Any]) -> bool:
    """Whether each question of a conversation is asked alone."""
    return bool(blind.get("apart"))


def shown_turns(blind: Mapping[str, Any], rater: str | None = None) -> set[int]:
    """Turns whose names a person has seen, or (None) anybody."""
    shown: Mapping[str, Sequence[int]] = blind.get("shown", {})
    return {turn for name, turns in shown.items() if rater in (None, name) for turn in turns}


def shown_before(blind: Mapping[str, Any], last: int) -> dict[str, Any]:
    """What a branch keeps that has the turns up to `last`: who answers after these is hidden there."""
    if not blind:
        return {}
    shown = {name: [turn for turn in turns if turn <= last] for name, turns in blind["shown"].items()}
    return {**blind, "shown": shown}


def is_hidden(blind: Mapping[str, Any], turn: int) -> bool:
    """Whether nobody has seen yet who gave the answers of a turn."""
    return bool(blind) and turn not in shown_turns(blind)


def shuffled(blind: Mapping[str, Any], turn: int, sides: Iterable[str], rater: str = "") -> list[str]:
    """The sides of a turn in the order in which a person sees them: the first is "A"."""
    order = sorted(sides)
    random.Random(f"{blind['seed']}:{turn}:{rater}").shuffle(order)
    return order


def refuse_hidden(conversation: Conversation, turn: int | None = None) -> None:
    """Raises Fault("chat.blind") where what is asked would tell who gave the answers of a turn (None: of any)."""
    if conversation.blind and (turn is None or is_hidden(conversation.blind, turn)):
        raise Fault("chat.blind")


def covered(view: ConversationView, blind: Mapping[str, Any]) -> ConversationView:
    """A conversation as a page may know it: of turns whose names are hidden no side, number or hash, and no word before all are said."""
    if not blind:
        return view
    turns: dict[int, list[MessageView]] = {}
    for message in view["messages"]:
        turns.setdefault(message["turn"], []).append(message)
    told = [
        one for turn, said in turns.items() for one in (_covered(turn, said, blind) if is_hidden(blind, turn) else said)
    ]
    hidden = {"sides": [], "tuned_ids": [], "messages": told, "blind": True}
    return cast(ConversationView, {**view, **hidden})


def _covered(turn: int, said: Sequence[MessageView], blind: Mapping[str, Any]) -> list[MessageView]:
    prompts = [one for one in said if one["role"] == conversations.USER]
    answers = {one["side"]: one for one in said if one["role"] != conversations.USER}
    status = status_of(list(answers.values()))
    order = shuffled(blind, turn, answers)
    return prompts + [
        {
            "turn": turn,
            "role": "assistant",
            "side": letter,
            "content": answers[side]["content"] if status == _DONE else "",
            "status": status,
            "weights_hash": None,
            "stats": {},
        }
        for letter, side in zip(LETTERS, order, strict=False)
    ]  # fmt: skip


def status_of(answers: Sequence[MessageView]) -> Any:
    """One status for all answers of a turn, so that none tells which is quicker or breaks off."""
    found = {one["status"] for one in answers}
    return next((status for status in ("streaming", "failed", "stopped") if status in found), _DONE)
