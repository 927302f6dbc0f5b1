"""Who answers in a conversation: its sides, the weights behind each, and what each is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from engine.methods.few_shot_examples.choose import Shots
from engine.models.architecture.shape import shape_of
from engine.models.base.integrity import change_of, intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.models.presence import bare_fault, can_plan
from engine.models.tuned.integrity import intact_result, result_change
from engine.models.tuned.results import virtual_tokens
from engine.objectives.shared_params import as_trained
from engine.services.chat.settings import eight_bits, read_chat_settings
from engine.serving.protocol import BASE, LONGEST_ANSWER, Ask, Weights, tuned_key
from engine.serving.scored_texts import talks
from storage.queries import base_models, conversations, tuned_models
from storage.tables import Conversation, LanguageModel, Message, TunedModel

MOST_TUNED = 3  # besides the base, in one conversation
_LONGEST_PROMPT = 200_000  # characters: more is refused before it is cut into tokens
_USUAL_CONTEXT = 4096  # tokens, for models that do not say
_EXAMPLES = "shots"  # the form of a result that is no weights: the base answers, with examples before the conversation


@dataclass(frozen=True)
class Side:
    """One column of the comparison."""

    side: str  # "base" or "tuned:ID"
    key: str  # its name in the inference process
    label: str  # the model's name
    weights_hash: str  # names the weights that answer
    kind: str = "tuned"  # "base", "tuned" or "fewshot", as pages colour it


@dataclass(frozen=True)
class Setup:
    """A conversation that can be continued."""

    conversation_id: int  # of its row
    base: LanguageModel  # row of the base model
    tuned: tuple[TunedModel, ...]  # rows of those that answer as well, in order
    settings: dict[str, Any]  # as `read_chat_settings` gives them
    sides: tuple[Side, ...]  # the base first, then the tuned ones

    @property
    def identity(self) -> str:
        """Names the base's weights."""
        return f"{self.base.id}:{self.base.weights_hash}"

    @property
    def answering(self) -> ChatFormat | None:
        """How the base may be held when memory is short: as one of the tuned models was trained on it in few bits."""
        specs = [tuned.lineage.get("spec", {}) for tuned in self.tuned]
        replaces = any(tuned.format == "delta" for tuned in self.tuned)  # numbers that few bits do not hold
        held = [] if replaces else [base_format(spec.get("training", {})).answering for spec in specs]
        return next((answering for answering in held if answering is not None), None)

    @property
    def eight_bits(self) -> bool:
        """Whether a processor is to hold weights in 8 bits: as was chosen, but for results that replace single numbers of them."""
        return eight_bits(self.settings) and not any(tuned.format == "delta" for tuned in self.tuned)

    def weights(self, settings: Settings) -> tuple[Weights, tuple[Weights, ...]]:
        """Where the base's and the tuned models' files are, checked; that can take a while. Raises Fault where they changed."""
        base = Weights(BASE, "base", str(intact_weights(settings, self.base)))
        loaded = [tuned for tuned in self.tuned if tuned.format != _EXAMPLES]
        return base, tuple(_weights_of(settings, tuned) for tuned in loaded)


def _weights_of(settings: Settings, tuned: TunedModel) -> Weights:
    return Weights(tuned_key(tuned.id), tuned.format, str(intact_result(settings, tuned)), tuned.weights_hash)


def side_of(tuned_id: int) -> str:
    """The name of a tuned model's side in messages."""
    return f"tuned:{tuned_id}"


def answer_hash(base: LanguageModel, tuned: TunedModel | None) -> str:
    """What made an answer: the base's weights, a whole tuned model's, or a hash over base and adapter."""
    if tuned is None:
        return base.weights_hash or ""
    if tuned.format == "full":
        return tuned.weights_hash
    return hashlib.sha256(f"{base.weights_hash}+{tuned.weights_hash}".encode()).hexdigest()


def sides_of(base: LanguageModel, tuned: Sequence[TunedModel]) -> tuple[Side, ...]:
    """The base first, then the tuned models in the chosen order."""
    first = Side(BASE, BASE, base.name, answer_hash(base, None), "base")
    return (first, *(_side(base, t) for t in tuned))


def _side(base: LanguageModel, tuned: TunedModel) -> Side:
    examples = tuned.format == _EXAMPLES
    key, kind = (BASE, "fewshot") if examples else (tuned_key(tuned.id), "tuned")
    return Side(side_of(tuned.id), key, tuned.name, answer_hash(base, tuned), kind)


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


def find_models(s: Session, conversation: Conversation) -> tuple[LanguageModel, list[TunedModel]]:
    """The base and the tuned models of a conversation, deleted ones too."""
    base = s.get_one(LanguageModel, conversation.base_model_id)
    found = tuned_models.tuned_by_ids(s, conversation.tuned_ids)
    return base, [found[i] for i in conversation.tuned_ids if i in found]


def check_models(s: Session, base_id: int, tuned_ids: Sequence[int]) -> list[int]:
    """The tuned ids, each once. Raises NotFound or Fault when they cannot be compared with that base."""
    base = base_models.get_model(s, base_id)
    if base is None:
        raise NotFound(base_model=base_id)
    ids = list(dict.fromkeys(int(i) for i in tuned_ids))
    if len(ids) > MOST_TUNED:
        raise Fault("chat.too_many_sides", most=MOST_TUNED)
    rows = [tuned_models.get_tuned(s, i) for i in ids]
    for i, row in zip(ids, rows, strict=True):
        if row is None:
            raise NotFound(tuned=i)
        if row.base_model_id != base_id:
            raise Fault("chat.other_base", tuned=row.name, base=base.name)
    if fault := obstacle(base, ()):
        raise fault
    return ids


def refuse_scorers(ctx: Context, tuned_ids: Sequence[int]) -> None:
    """Raises Fault("reward.scores") where one of them scores answers and writes none."""
    with ctx.db.read() as s:
        found = tuned_models.tuned_by_ids(s, [int(one) for one in tuned_ids])
    for row in found.values():
        if not talks(row):
            raise Fault("reward.scores", name=row.name)


def load_setup(ctx: Context, conversation_id: int) -> tuple[Setup, list[Message]]:
    """Everything needed to continue a conversation, and its messages. Raises NotFound, or Fault when it can only be read."""
    with ctx.db.read() as s:
        conversation = find_conversation(s, conversation_id)
        base, tuned = find_models(s, conversation)
        if fault := obstacle_now(ctx.settings, base, tuned):
            raise fault
        settings = read_chat_settings(conversation.settings)
        setup = Setup(conversation_id, base, tuple(tuned), settings, sides_of(base, tuned))
        return setup, conversations.messages_of(s, conversation_id)


def clean_prompt(prompt: str) -> str:
    """The prompt as it is stored: verbatim, but valid Unicode. Raises Fault("chat.empty") or Fault("chat.prompt_too_long")."""
    prompt = prompt.encode("utf-8", "replace").decode()
    if not prompt.strip():
        raise Fault("chat.empty")
    if len(prompt) > _LONGEST_PROMPT:
        raise Fault("chat.prompt_too_long", characters=len(prompt), most=_LONGEST_PROMPT)
    return prompt


def make_asks(ctx: Context, setup: Setup, messages: Sequence[Message], prompt: str, seed: int) -> tuple[Ask, ...]:
    """What each side is asked: its own history, then the prompt; with examples before it where they are its result.

    Raises:
        Fault: "chat.too_long" with the number of tokens and the model's limit; "chat.damaged".
    """
    template = open_template(tokenizer_folder(ctx.settings, setup.base), setup.base.name)
    results = {side_of(tuned.id): tuned for tuned in setup.tuned}
    asks = []
    for side in setup.sides:
        history = history_of(setup, messages, side.side, prompt)
        tuned = results.get(side.side)
        folder = ctx.settings.absolute(tuned.path) if tuned else None
        context = context_of(setup.base) - (virtual_tokens(folder) if folder else 0)
        most = min(setup.settings["max_tokens"], LONGEST_ANSWER)
        reading = template if tuned is None else as_trained(template, tuned.lineage.get("spec", {}).get("training", {}))
        if side.kind == "fewshot" and tuned and folder:
            history = _shots_of(intact_result(ctx.settings, tuned), tuned.weights_hash).before(
                history, prompt, reading, context - min(most, context // 4)
            )
        ids = reading.encode_prompt(history)
        if len(ids) >= context:
            raise Fault("chat.too_long", tokens=len(ids), limit=context - 1, turns=len(messages))
        asks.append(Ask(side.side, side.key, tuple(ids), seed, min(most, context - len(ids))))
    return tuple(asks)


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
    for m in messages:
        if m.role == conversations.ASSISTANT and m.side == side and m.content and m.turn in prompts:
            turns.append({"role": "user", "content": prompts[m.turn]})
            turns.append({"role": "assistant", "content": m.content})
    return [*turns, {"role": "user", "content": prompt}]
