"""The same asked once more: the exact prompt, the same weights, settings and seed. Nothing of the conversation changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.chat.bare_base import require_weights
from engine.services.chat.exact.kept import KeptAnswer, kept_answer
from engine.services.chat.exact.shapes import AskedAgain
from engine.services.chat.sides import Setup, ask_with, load_setup, narrowed
from engine.serving.protocol import Ask

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat


def ask_again(ctx: Context, chat: Chat, conversation_id: int, turn: int, side: str) -> AskedAgain:
    """Ask one side for its answer once more, exactly as it was asked.

    Raises:
        NotFound: there is no such answer.
        Fault: "exact.not_kept", "exact.other_weights", or why it cannot be asked.
    """
    kept = kept_answer(ctx, conversation_id, turn, side)
    setup = setup_for(ctx, conversation_id, kept)
    event = answered(chat, setup, same_ask(ctx, setup, kept), kept.made_by["sampling"])
    held, text = chat.status(), str(event["text"])
    same = text == kept.content
    return {
        "text": text,
        "same": same,
        "at": None if same else _parting(text, kept.content),
        "device": held["device"],
        "precision": held["precision"],
    }


def _parting(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def setup_for(ctx: Context, conversation_id: int, *answers: KeptAnswer) -> Setup:
    """What the sides of these answers need to answer now.

    Raises:
        Fault: "exact.not_kept", "exact.side_gone", "exact.other_weights", or why nothing can be asked.
    """
    setup, _messages = load_setup(ctx, conversation_id)
    sides = {one.side: one for one in setup.sides}
    for kept in answers:
        if not kept.again:
            raise Fault("exact.not_kept")
        if kept.side not in sides:
            raise Fault("exact.side_gone")
        if sides[kept.side].weights_hash != kept.weights_hash:
            raise Fault("exact.other_weights", name=sides[kept.side].label)
    require_weights(ctx, setup.base)
    return narrowed(setup, [kept.side for kept in answers])


def same_ask(ctx: Context, setup: Setup, kept: KeptAnswer, max_tokens: int | None = None) -> Ask:
    """What the side was asked; for another number of tokens where one is given."""
    sampling = kept.made_by["sampling"]
    most = int(max_tokens or sampling["max_tokens"])
    return ask_with(ctx, setup.answerers[kept.side], kept.prompt_ids, int(sampling["seed"]), most)


def answered(chat: Chat, setup: Setup, ask: Ask, sampling: Mapping[str, Any], words: int = 0) -> Mapping[str, Any]:
    """The event at the end of one side's answer.

    Raises:
        Fault: why there is none.
    """
    setup = replace(setup, settings={**setup.settings, **sampling})
    for event in chat.run(setup, (ask,), words=words):
        if event["event"] != "side":
            continue
        if event["error"]:
            raise Fault(event["error"]["code"], **event["error"]["params"])
        if event["weights"] != ask.weights:
            raise Fault("chat.wrong_weights", wanted=ask.weights)
        return event
    raise Fault("chat.process_died", exit=0)
