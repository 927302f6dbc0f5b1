"""A blind comparison begins, and its questions are asked one after the other, the next while a person reads the present one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.services.arena.turns import read_arena
from engine.services.chat.blind import new_blind
from engine.services.chat.question_lists import clean_questions
from engine.services.chat.sides import find_conversation
from engine.shapes.arena import ArenaWish

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

MOST_AHEAD = 2  # turns that wait for a vote: no more questions are asked before
_MOST_VALIDATION = 200  # questions


def open_arena(ctx: Context, chat: Chat, wanted: ArenaWish) -> int:
    """Begin a blind comparison; its conversation.

    Raises:
        NotFound, SpecError: as `Chat.open`.
        Fault: "arena.one_side", "arena.no_validation", or why the questions cannot be asked.
    """
    if len(set(wanted["sides"])) < 2:
        raise Fault("arena.one_side")
    questions = _questions(chat, wanted)
    conversation = chat.open(wanted["base_id"], settings=wanted["settings"], sides=wanted["sides"])
    apart = bool(wanted["apart"]) or bool(questions)
    with ctx.db.write() as s:
        kept = new_blind(questions, apart=apart, reveal=bool(wanted["reveal"]))
        find_conversation(s, conversation).blind = kept
    return conversation


def _questions(chat: Chat, wanted: ArenaWish) -> list[str]:
    if wanted["source"] == "list":
        return clean_questions(wanted["questions"])
    if wanted["source"] == "own":
        return []
    found = validation_questions(chat, wanted["sides"])
    if not found:
        raise Fault("arena.no_validation")
    return found


def validation_questions(chat: Chat, sides: Sequence[str]) -> list[str]:
    """Validation questions of the data that the tuned models among the sides learnt from, mixed. Raises NotFound."""
    ids = [one.removeprefix("tuned:") for one in sides if one.startswith("tuned:")]
    own = [chat.suggestions(int(one), _MOST_VALIDATION) for one in ids if one.isdecimal()]
    found = list(dict.fromkeys(question for questions in own for question in questions))
    random.shuffle(found)
    return found[:_MOST_VALIDATION]


def ask_next(ctx: Context, chat: Chat, conversation: int, rater: str, prompt: str | None = None) -> int:
    """Ask the next question of the list, or one of a person's own; its turn, or 0 where nothing more is to be asked now.

    Raises:
        NotFound: there is no such comparison. Fault: as `Chat.ask`.
    """
    seen = read_arena(ctx, chat, conversation, rater)
    if prompt is None:
        left = seen.left
        if not left or seen.busy or len(seen.open_turns) >= MOST_AHEAD:
            return 0
        prompt = left[0]
    next(chat.ask(conversation, prompt), None)
    return seen.last + 1


def ask_again(ctx: Context, chat: Chat, conversation: int, rater: str) -> int:
    """Have the last question answered anew, where its answers are not whole; its turn, or 0."""
    seen = read_arena(ctx, chat, conversation, rater)
    if seen.busy or not seen.turns or seen.turns[-1].state not in ("failed", "stopped"):
        return 0
    next(chat.regenerate(conversation), None)
    return seen.last


def set_reveal(ctx: Context, conversation: int, reveal: bool) -> None:
    """Whether names are shown after each vote from now on. Raises NotFound."""
    with ctx.db.write() as s:
        row = find_conversation(s, conversation)
        if not row.blind:
            raise NotFound(conversation=conversation)
        row.blind = {**row.blind, "reveal": bool(reveal)}
