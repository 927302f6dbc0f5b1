"""Who answers in a conversation: its sides, the weights behind each, and what each is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.base_formats import base_format
from engine.base_formats.declaration import ChatFormat
from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.methods.few_shot_examples.choose import Shots
from engine.models.architecture.shape import shape_of
from engine.models.base.integrity import change_of
from engine.models.base.paths import tokenizer_folder
from engine.models.presence import bare_fault, can_plan
from engine.models.tuned.integrity import intact_result, result_change
from engine.objectives.shared_params import as_trained
from engine.services.chat.answerers import Answerer, base_obstacle, find_answerers
from engine.services.chat.blind import stands_apart
from engine.services.chat.settings import eight_bits, read_chat_settings
from engine.services.chat.stored.variables import refuse_long
from engine.serving.outside.servers import OutsideModel, is_outside, model_of
from engine.serving.protocol import BASE, LONGEST_ANSWER, Ask, Weights
from storage.queries import conversations
from storage.tables import Conversation, LanguageModel, Message, TunedModel

MOST_SIDES = 8  # that answer in one conversation
_USUAL_CONTEXT = 4096  # tokens, for models that do not say


@dataclass(frozen=True)
class Side:
    """One column of the comparison."""

    side: str  # "base", "tuned:ID", "checkpoint:ID", "model:ID", or of a server elsewhere
    key: str  # its name in the inference process; empty where a server elsewhere answers
    label: str  # the model's name
    weights_hash: str  # names the weights that answer
    kind: str = "tuned"  # "base", "tuned" or "fewshot", as pages colour it
    base: str = ""  # name of the base that it stands on, where that is another one than the conversation's
    step: int | None = None  # of a checkpoint


@dataclass(frozen=True)
class Setup:
    """A conversation that can be continued."""

    conversation_id: int  # of its row
    base: LanguageModel  # row of the base model
    tuned: tuple[TunedModel, ...]  # rows of its results that answer, in order
    settings: dict[str, Any]  # as `read_chat_settings` gives them
    sides: tuple[Side, ...]  # in the chosen order; the base first where nothing else was chosen
    further: tuple[Answerer, ...] = ()  # checkpoints, and what stands on another base
    apart: bool = False  # each question is asked alone, without the turns before it

    @property
    def identity(self) -> str:
        """Names the base's weights."""
        return f"{self.base.id}:{self.base.weights_hash}"

    @property
    def answerers(self) -> dict[str, Answerer]:
        """What stands behind each side that is answered here, by its name."""
        tuned = (Answerer(side_of(one.id), self.base, one) for one in self.tuned)
        found = {one.side: one for one in (Answerer(BASE, self.base), *tuned, *self.further)}
        return {side.side: found[side.side] for side in self.sides if side.side in found}

    @property
    def outside(self) -> list[str]:
        """The sides that servers elsewhere answer for."""
        return [side.side for side in self.sides if is_outside(side.side)]

    @property
    def local(self) -> Setup:
        """The setup with the sides alone that are answered here."""
        return replace(self, sides=tuple(side for side in self.sides if not is_outside(side.side)))

    @property
    def answering(self) -> ChatFormat | None:
        """How the base may be held when memory is short: as one of the tuned models was trained on it in few bits."""
        all_ = self.answerers.values()
        if any(
            one.beside or one.format == "delta" for one in all_
        ):  # numbers that few bits do not hold, or that know none
            return None
        held = [base_format(one.training).answering for one in all_ if one.training is not None]
        return next((answering for answering in held if answering is not None), None)

    @property
    def eight_bits(self) -> bool:
        """Whether a processor is to hold weights in 8 bits: as was chosen, but for results that replace single numbers of them."""
        return eight_bits(self.settings) and not any(one.format == "delta" for one in self.answerers.values())

    def weights(
        self, settings: Settings, failed: dict[str, Fault] | None = None
    ) -> tuple[Weights, tuple[Weights, ...]]:
        """Where the base's files are and those of all else, checked; that can take a while.

        Args:
            failed: takes the sides whose files changed, with the reason; without it, the first one is raised.

        Raises:
            Fault: where the base's files changed.
        """
        found: dict[str, Weights] = {}
        for side, one in self.answerers.items():
            try:
                if one.beside and one.root not in found:
                    found[one.root] = one.root_weights(settings)
                if one.loads:
                    found[one.key] = one.weights(settings)
            except Fault as fault:
                if failed is None:
                    raise
                failed[side] = fault
        return Answerer(BASE, self.base).root_weights(settings), tuple(found.values())


def side_of(tuned_id: int) -> str:
    """The name of a tuned model's side in messages."""
    return f"tuned:{tuned_id}"


def answer_hash(base: LanguageModel, tuned: TunedModel | None) -> str:
    """What made an answer: the base's weights, a whole tuned model's, or a hash over base and adapter."""
    return Answerer(BASE if tuned is None else side_of(tuned.id), base, tuned).weights_hash


def sides_of(base: LanguageModel, tuned: Sequence[TunedModel]) -> tuple[Side, ...]:
    """The base first, then its tuned models in the chosen order."""
    return tuple(_side(one) for one in (Answerer(BASE, base), *(Answerer(side_of(t.id), base, t) for t in tuned)))


def _side(one: Answerer) -> Side:
    other = one.base.name if one.beside else ""
    step = one.step.row.step if one.step is not None else None
    return Side(one.side, one.key, one.label, one.weights_hash, one.kind, other, step)


def names_of(conversation: Conversation) -> list[str]:
    """Who answers in a conversation; in those of before, the base and tuned models of it."""
    return [str(one) for one in conversation.sides] or [BASE, *(side_of(int(one)) for one in conversation.tuned_ids)]


def setup_of(s: Session, conversation: Conversation) -> Setup:
    """Everything that a conversation names, deleted things too."""
    base = s.get_one(LanguageModel, conversation.base_model_id)
    found = setup_from(s, base, names_of(conversation), conversation.settings, conversation.id)
    return replace(found, apart=stands_apart(conversation.blind))


def setup_from(
    s: Session, base: LanguageModel, names: Sequence[str], settings: Mapping[str, Any] | None, conversation_id: int = 0
) -> Setup:
    """What sides of these names need to answer with these settings."""
    found = find_answerers(s, base, names)
    own = tuple(one.tuned for one in found if one.tuned is not None and not one.beside)
    further = tuple(one for one in found if one.beside or one.step is not None)
    shown = {one.side: _side(one) for one in found}
    shown |= {name: _outside(one) for name in names if (one := model_of(name))}
    sides = tuple(shown[name] for name in names if name in shown)
    return Setup(conversation_id, base, own, read_chat_settings(settings), sides, further)


def _outside(one: OutsideModel) -> Side:
    return Side(one.side, "", one.label, one.asked_hash, "base")


def setup_obstacle(settings: Settings, setup: Setup) -> Fault | None:
    """Why a conversation can only be read as it is: its base, or who else of it cannot answer."""
    if fault := base_obstacle(settings, setup.base):
        return fault
    gone = [one.label for one in setup.answerers.values() if one.tuned is not None and one.tuned.deleted_at is not None]
    if gone:
        return Fault("chat.tuned_gone", names=", ".join(gone))
    found = (one.obstacle(settings) for one in setup.answerers.values())
    return next((fault for fault in found if fault is not None), None)


def obstacle(base: LanguageModel, tuned: Sequence[TunedModel]) -> Fault | None:
    """Why a conversation can only be read."""
    if base.deleted_at is not None or not can_plan(base):
        return Fault("chat.base_gone", name=base.name)
    gone = [t.name for t in tuned if t.deleted_at is not None]
    return Fault("chat.tuned_gone", names=", ".join(gone)) if gone else None


def obstacle_now(settings: Settings, base: LanguageModel, tuned: Sequence[TunedModel]) -> Fault | None:
    """As `obstacle`, or what became of their files, as far as sizes and times tell."""
    if fault := obstacle(base, tuned) or bare_fault(settings, base) or change_of(settings, base):
        return fault
    return next((fault for one in tuned if (fault := result_change(settings, one))), None)


def find_conversation(s: Session, conversation_id: int) -> Conversation:
    """A conversation that was not deleted. Raises NotFound."""
    conversation = conversations.get_conversation(s, conversation_id)
    if conversation is None:
        raise NotFound(conversation=conversation_id)
    return conversation


def load_setup(ctx: Context, conversation_id: int) -> tuple[Setup, list[Message]]:
    """Everything needed to continue a conversation, and its messages. Raises NotFound, or Fault when it can only be read."""
    with ctx.db.read() as s:
        conversation = find_conversation(s, conversation_id)
        setup = setup_of(s, conversation)
        if fault := setup_obstacle(ctx.settings, setup):
            raise fault
        return setup, conversations.messages_of(s, conversation_id)


def narrowed(setup: Setup, sides: Sequence[str]) -> Setup:
    """The setup with these sides alone; with none of them, as it is. Raises NotFound."""
    if not sides:
        return setup
    if unknown := set(sides) - {one.side for one in setup.sides}:
        raise NotFound(side=min(unknown))
    return replace(setup, sides=tuple(one for one in setup.sides if one.side in sides))


def clean_prompt(prompt: str) -> str:
    """The prompt as it is stored: verbatim, but valid Unicode. Raises Fault("chat.empty") or Fault("chat.prompt_too_long")."""
    prompt = prompt.encode("utf-8", "replace").decode()
    if not prompt.strip():
        raise Fault("chat.empty")
    refuse_long(len(prompt))
    return prompt


def make_asks(
    ctx: Context,
    setup: Setup,
    messages: Sequence[Message],
    prompt: str,
    seed: int,
    failed: dict[str, Fault] | None = None,
) -> tuple[Ask, ...]:
    """What each side is asked: its own history, then the prompt; with examples before it where they are its result.

    Args:
        failed: takes the sides that cannot be asked, with the reason, where others can; without it, the first reason is raised.

    Raises:
        Fault: "chat.too_long" with the number of tokens and the model's limit; "chat.damaged".
    """
    asks: list[Ask] = []
    refused: dict[str, Fault] = {}
    for side, one in setup.answerers.items():
        try:
            asks.append(_ask(ctx, setup, one, history_of(setup, messages, side, prompt), seed, len(messages)))
        except Fault as fault:
            if failed is None:
                raise
            refused[side] = fault
    if refused and not asks and not setup.outside:
        raise next(iter(refused.values()))
    if failed is not None:
        failed |= refused
    return tuple(asks)


def _ask(ctx: Context, setup: Setup, one: Answerer, history: list[Mapping[str, str]], seed: int, turns: int) -> Ask:
    most, context = min(setup.settings["max_tokens"], LONGEST_ANSWER), room_of(ctx, one)
    ids = prompt_ids(ctx, one, history, most)
    if len(ids) >= context:
        raise Fault("chat.too_long", tokens=len(ids), limit=context - 1, turns=turns)
    return ask_with(ctx, one, ids, seed, min(most, context - len(ids)))


def room_of(ctx: Context, one: Answerer) -> int:
    """How many tokens of prompt and answer it has room for."""
    return context_of(one.base) - one.places(ctx.settings)


def reading_of(ctx: Context, one: Answerer) -> ChatTemplate:
    """The template as it was trained with."""
    template = open_template(tokenizer_folder(ctx.settings, one.base), one.base.name)
    return template if one.training is None else as_trained(template, one.training)


def prompt_ids(ctx: Context, one: Answerer, history: Sequence[Mapping[str, str]], most: int) -> list[int]:
    """The tokens of a conversation before the answer, with examples before it where they are its result.

    Args:
        most: tokens of the answer, for which examples leave room.
    """
    reading, context = reading_of(ctx, one), room_of(ctx, one)
    if one.kind == "fewshot" and one.tuned is not None:
        shots = _shots_of(intact_result(ctx.settings, one.tuned), one.tuned.weights_hash)
        history = shots.before(history, history[-1]["content"], reading, context - min(most, context // 4))
    return reading.encode_prompt(history)


def ask_with(ctx: Context, one: Answerer, ids: Sequence[int], seed: int, max_tokens: int) -> Ask:
    """What a side is asked with a prompt of these tokens; with the tokenizer of its base where that is another one's."""
    return Ask(one.side, one.key, tuple(ids), seed, max_tokens, *one.own_reading(ctx.settings))


@lru_cache(maxsize=4)
def _shots_of(folder: Path, _hash: str) -> Shots:
    return Shots.read(folder)


def context_of(base: LanguageModel) -> int:
    """How many tokens the base can read and write in all."""
    return base.context_length or _USUAL_CONTEXT


def shape_of_base(base: LanguageModel) -> Any:
    """The base's shape, for the memory that it needs."""
    return shape_of(base.config, base.parameters)


def history_of(setup: Setup, messages: Sequence[Message], side: str, prompt: str) -> list[Mapping[str, str]]:
    """What one side has seen: each prompt that it answered, and its own answer."""
    prompts = {m.turn: m.content for m in messages if m.role == conversations.USER}
    turns: list[Mapping[str, str]] = []
    if setup.settings["system"]:
        turns.append({"role": "system", "content": setup.settings["system"]})
    for m in () if setup.apart else messages:
        if m.role == conversations.ASSISTANT and m.side == side and m.content and m.turn in prompts:
            turns.append({"role": "user", "content": prompts[m.turn]})
            turns.append({"role": "assistant", "content": m.content})
    return [*turns, {"role": "user", "content": prompt}]
