"""Answers piece by piece, as the model's process gives them: never half a character, never a part of a text that ends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.api.asking import ApiPrompt, AskedModel, Wishes
from engine.api.spelling import Speller, SpeltToken
from engine.api.turns import ChatInTurn
from engine.core.errors import Fault
from engine.services.chat.halt import Halt
from engine.serving.protocol import Forced

_FINISHES = {"end": "stop", "stop": "stop", "length": "length"}


@dataclass(frozen=True)
class AnswerPiece:
    """What is new of one answer."""

    answer: int  # place among all answers of the request
    text: str  # that goes on from the pieces before
    tokens: tuple[SpeltToken, ...] = ()  # that are new, where their worth was asked for
    finish: str = ""  # "stop" or "length" in an answer's last piece
    whole: str = ""  # the answer's text, in its last piece


@dataclass
class Used:
    """Tokens of a request so far."""

    prompt: int = 0  # of all prompts
    reused: int = 0  # of these, those that had been read before
    answers: dict[int, int] = field(default_factory=dict)  # of each answer

    @property
    def written(self) -> int:
        """Of all answers."""
        return sum(self.answers.values())


@dataclass
class _Told:
    """What was told of one answer."""

    text: str = ""
    finished: bool = False

    def more(self, text: str) -> str:
        """What is new; nothing where a text does not go on from what was told."""
        if not text.startswith(self.text):
            return ""
        new = text[len(self.text) :]
        self.text = text
        return new


@dataclass(frozen=True)
class Loading:
    """The model is being made ready: there is nothing to tell yet, and nothing stands in the way."""


def answered(
    chat: ChatInTurn, opening: AskedModel, prompts: Sequence[ApiPrompt], wishes: Wishes, halt: Halt, used: Used
) -> Iterator[AnswerPiece | Loading]:
    """The answers to all prompts as they come; `used` counts along.

    Raises:
        Fault: why there are none.
    """
    setup, asks = opening.asks(prompts, wishes)
    used.prompt = sum(len(prompt.ids) for prompt in prompts)
    speller = Speller(opening.spelling, max(0, wishes.shaping.tokens))
    told = [_Told() for _ in asks]
    for event in chat.run(setup, asks, shaping=wishes.shaping, halt=halt):
        if halt.called:
            return
        if event["event"] in ("loading", "loaded"):
            yield Loading()
        if event["event"] not in ("text", "side"):
            continue
        place = int(event["side"])
        used.answers[place] = int(event["tokens"])
        if event["event"] == "side":
            _refuse(event, asks[place].weights)
            used.reused += event["reused_tokens"] if place % wishes.answers == 0 else 0
        if (piece := _piece(place, event, told[place], speller)) is not None:
            yield piece
    if not all(one.finished for one in told) and not halt.called:
        raise Fault("chat.process_died", exit=0)


def _refuse(event: Mapping[str, Any], weights: str) -> None:
    if event["error"]:
        raise Fault(event["error"]["code"], **event["error"]["params"])
    if event["weights"] != weights:
        raise Fault("chat.wrong_weights", wanted=weights)


def _piece(place: int, event: Mapping[str, Any], told: _Told, speller: Speller) -> AnswerPiece | None:
    text = told.more(str(event["text"]))
    tokens = tuple(speller.spell(event.get("worths", ())))
    told.finished = event["event"] == "side"
    finish = _FINISHES.get(str(event["reason"]), "stop") if told.finished else ""
    whole = str(event["text"]) if finish else ""
    return AnswerPiece(place, text, tokens, finish, whole) if text or tokens or finish else None


def read_tokens(
    chat: ChatInTurn, opening: AskedModel, prompts: Sequence[ApiPrompt], most: int, halt: Halt
) -> list[tuple[SpeltToken, ...]]:
    """What the model thinks of the tokens of each prompt itself. Raises Fault."""
    asked = [(place, prompt.ids) for place, prompt in enumerate(prompts) if len(prompt.ids) > 1]
    forced = tuple(Forced(opening.one.key, ids, len(ids) - 1) for _place, ids in asked)
    speller = Speller(opening.spelling, most)
    found: list[tuple[SpeltToken, ...]] = [(speller.first(prompt.ids[0]),) for prompt in prompts]
    for event in chat.run(opening.setup, forced=forced, words=most, halt=halt) if forced else ():
        if event["event"] == "forced":
            found[asked[event["place"]][0]] += tuple(speller.spell(event["worths"]))
    return found
