"""A request to a model, as the playground's own process takes it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.api.messages import Conversation
from engine.api.names import ServedModel
from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.templates.isolated.isolated_template import IsolatedTemplate, isolated
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.answerers import EXAMPLES, Answerer
from engine.services.chat.bare_base import require_weights
from engine.services.chat.sides import Setup, ask_with, prompt_ids, reading_of, room_of, setup_from, setup_obstacle
from engine.serving.protocol import LONGEST_ANSWER, Ask, Shaping
from storage.queries import base_models

_LEAST = 1e-4  # a temperature below draws the likeliest token, and would make other numbers infinite
_LEAST_SHARE = 1e-6  # of probability: the likeliest token alone


@dataclass(frozen=True)
class ApiPrompt:
    """What is asked, and how many answers it gets.

    Attributes:
        ids: tokens of it.
        text: its own, where a text is to be continued.
    """

    ids: tuple[int, ...]
    text: str = ""


@dataclass(frozen=True)
class Wishes:
    """How answers are drawn and when they end.

    Attributes:
        temperature, top_p: as in a chat.
        seed: None for another one each time.
        answers: to each prompt.
        most: tokens of an answer; None for as many as there is room for.
        shaping: all else.
    """

    temperature: float
    top_p: float
    seed: int | None
    answers: int
    most: int | None
    shaping: Shaping


def wishes_of(read: dict[str, Any], *, most: int | None, tokens: int, plain: bool = False) -> Wishes:
    """Those of a request's parameters."""
    penalties = read["presence_penalty"], read["frequency_penalty"]
    shaping = Shaping(read["stop"], *penalties, read["logit_bias"], tokens, plain)
    return Wishes(read["temperature"], read["top_p"], read["seed"], read["n"], most, shaping)


@dataclass(frozen=True)
class AskedModel:
    """A model that can be asked now."""

    ctx: Context  # settings and database
    served: ServedModel  # as it was asked for
    setup: Setup  # what must be in memory
    one: Answerer  # who answers

    @classmethod
    def of(cls, ctx: Context, served: ServedModel) -> AskedModel:
        """Of a model whose files are there and as they were. Raises NotFound or Fault."""
        with ctx.db.read() as s:
            base = base_models.get_model(s, served.base_id)
            if base is None:
                raise NotFound(base_model=served.base_id)
            setup = setup_from(s, base, [served.side], None)
        if not setup.sides:
            raise NotFound(side=served.side)
        if fault := setup_obstacle(ctx.settings, setup):
            raise fault
        require_weights(ctx, setup.base)
        return cls(ctx, served, setup, setup.answerers[served.side])

    @property
    def spelling(self) -> IsolatedTemplate:
        """The tokenizer, for what tokens stand for."""
        return isolated(tokenizer_folder(self.ctx.settings, self.one.base), self.one.base.name)

    @property
    def fingerprint(self) -> str:
        """Names the weights that answer: where it is another one, the same seed may give another answer."""
        return f"fp_{self.one.weights_hash[:12]}"

    def chat_prompt(self, conversation: Conversation, most: int | None) -> ApiPrompt:
        """A conversation that is to be answered. Raises Fault where the template refuses it, or it is too long."""
        ids = prompt_ids(self.ctx, self.one, conversation, min(most or LONGEST_ANSWER, LONGEST_ANSWER))
        return self._fitting(ApiPrompt(tuple(ids)), "messages", 1)

    def plain_prompt(self, given: str | tuple[int, ...], param: str, room: int = 1) -> ApiPrompt:
        """A text as it is, without a template.

        Args:
            room: tokens that must be left for an answer.

        Raises:
            Fault: "api.examples_only", "api.empty_prompt", "api.too_long".
        """
        if self.one.format == EXAMPLES:
            raise Fault("api.examples_only", param="model", name=self.served.label)
        if isinstance(given, str):
            prompt = ApiPrompt(tuple(reading_of(self.ctx, self.one).plain_ids(given)), given)
        else:
            prompt = ApiPrompt(given, self.spelling.whole_text(given))
        if not prompt.ids:
            raise Fault("api.empty_prompt", param=param)
        return self._fitting(prompt, param, room)

    def asks(self, prompts: Sequence[ApiPrompt], wishes: Wishes) -> tuple[Setup, tuple[Ask, ...]]:
        """What is asked: each prompt as many times as answers are wanted, side by side, named by their places."""
        drawn = {
            "temperature": wishes.temperature if wishes.temperature >= _LEAST else 0.0,
            "top_p": max(wishes.top_p, _LEAST_SHARE),
        }
        first = secrets.randbelow(2**63) if wishes.seed is None else wishes.seed
        most = min(wishes.most or LONGEST_ANSWER, LONGEST_ANSWER)
        asks: list[Ask] = []
        for prompt in prompts:
            room = min(most, room_of(self.ctx, self.one) - len(prompt.ids))
            for answer in range(wishes.answers):
                ask = ask_with(self.ctx, self.one, prompt.ids, seed_of(first, answer), room)
                asks.append(replace(ask, side=str(len(asks))))
        return replace(self.setup, settings={**self.setup.settings, **drawn}), tuple(asks)

    def _fitting(self, prompt: ApiPrompt, param: str, room: int) -> ApiPrompt:
        limit = room_of(self.ctx, self.one)
        if len(prompt.ids) + room > limit:
            raise Fault("api.too_long", param=param, tokens=len(prompt.ids), limit=limit - room)
        return prompt


def seed_of(first: int, answer: int) -> int:
    """The seed of an answer among several of one request: that of the request itself for the first."""
    if not answer:
        return first
    return int.from_bytes(hashlib.sha256(f"{first} {answer}".encode()).digest()[:8], "big") >> 1
