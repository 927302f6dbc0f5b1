"""What the playground answers: its own setup, requests and runtime, within this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.context import Context
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.conversations import Chat
from engine.services.chat.sides import Setup, load_setup, make_asks, side_of
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Shaping
from engine.serving.runtime.generation import generate
from engine.serving.runtime.model_cache import ModelCache
from engine.serving.runtime.stop_texts import text_of

MOST_TOKENS = 40  # of an answer


@dataclass(frozen=True)
class Answer:
    """What one side said.

    Attributes:
        text: as it is shown.
        tokens: how many, without the one that ended it.
        ended: whether it ended by itself.
    """

    text: str
    tokens: int
    ended: bool


def heard(ids: Sequence[int], template: ChatTemplate) -> str:
    """Tokens as the playground shows them as an answer."""
    return text_of(template, Shaping())(list(ids))


class Playground:
    """Holds one base and the results that were last asked for."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._cache = ctx, ModelCache()

    def answers(self, base: int, tuned: Sequence[int], question: str) -> dict[str, Answer]:
        """What the base and each result say to a question, greedily and together; sides by "base" and "tuned:ID"."""
        conversation = Chat(self._ctx).open(base, list(tuned), {"max_tokens": MOST_TOKENS, "temperature": 0.0})
        setup, messages = load_setup(self._ctx, conversation)
        return self._ask(setup, make_asks(self._ctx, setup, messages, question, 1))

    def alone(self, base: int, tuned: int, question: str) -> Answer:
        """What a result says when nobody answers beside it."""
        conversation = Chat(self._ctx).open(base, [tuned], {"max_tokens": MOST_TOKENS, "temperature": 0.0})
        setup, messages = load_setup(self._ctx, conversation)
        asks = [ask for ask in make_asks(self._ctx, setup, messages, question, 1) if ask.side == side_of(tuned)]
        return self._ask(setup, tuple(asks))[side_of(tuned)]

    def close(self) -> None:
        """Forget all weights."""
        self._cache.clear()

    def _ask(self, setup: Setup, asks: tuple[Ask, ...]) -> dict[str, Answer]:
        folder = tokenizer_folder(self._ctx.settings, setup.base)
        template = open_template(folder)
        base, tuned = setup.weights(self._ctx.settings)
        held = [key for key in self._cache.keys if key not in {BASE, *(weights.key for weights in tuned)}]
        plan = ResidentModels(setup.identity, base, tuned, str(folder), "cpu", "fp32", 1, tuple(held))
        ended: dict[str, Answer] = {}

        def hear(event: dict[str, Any]) -> None:
            if event["event"] == "side":
                assert event["error"] is None, event["error"]
                ended[event["side"]] = Answer(event["text"], event["tokens"], event["reason"] == "end")

        request = Request(1, plan, asks, 0.0, 1.0, tuple(template.eos_ids))
        generate(request, self._cache.hold(plan), template, lambda: False, hear)
        return ended
