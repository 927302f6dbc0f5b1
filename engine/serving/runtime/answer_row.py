"""One side's answer while it grows: its tokens, and why it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import Ask, Reason, Request
from engine.serving.runtime.adapted_model import AdaptedModel
from engine.serving.runtime.sampling import next_token, shaped
from engine.serving.runtime.stop_texts import StopTexts, text_of
from engine.serving.runtime.token_worths import TokenWorths
from engine.serving.words import told


@dataclass
class AnswerRow:
    """One side's answer while it grows."""

    ask: Ask  # prompt and limits
    adapted: AdaptedModel  # weights that answer
    request: Request  # that it belongs to
    generator: torch.Generator  # random numbers of this side alone
    started: float  # monotonic seconds
    tokens: list[int] = field(default_factory=list)  # ids so far, without the one that ends it
    first_at: float | None = None  # monotonic seconds of the first token
    emitted_at: float = 0.0  # monotonic seconds of the last event about it
    before: int = 0  # virtual tokens in front of the prompt
    reused: int = 0  # tokens of the prompt that had been read before
    reason: Reason | None = None  # why it ended; None while it grows
    error: CodedMessage | None = None  # {"code", "params"} where it failed
    halted: Callable[[], bool] = lambda: False  # whether this side alone is to end
    worths: TokenWorths = field(default_factory=TokenWorths)  # of its tokens and its end, where they are asked for
    worths_told: int = 0  # tokens whose worth was told already
    stops: StopTexts | None = None  # texts that end it

    def take(self, logits: torch.Tensor) -> None:
        """Choose the next token, and see whether the answer ends with it."""
        if self.halted():
            self.reason = "stopped"
            return
        try:
            scores = shaped(logits, self.request.shaping, self.tokens)
            token = next_token(scores, self.request.temperature, self.request.top_p, self.generator)
        except Fault as fault:
            self.reason, self.error = "failed", fault.as_dict()
            return
        self.first_at = self.first_at or time.monotonic()
        if (others := max(self.request.words, self.request.shaping.tokens)) > 0 or self.request.shaping.tokens == 0:
            self.worths.note(logits, token, others)
        if token in (self.ask.stop_ids or self.request.stop_ids):
            self.reason = "end"
            return
        self.tokens.append(token)
        if self.stops is not None and self.stops.met(self.tokens):
            self.reason = "stop"
        elif len(self.tokens) >= self.ask.max_tokens:
            self.reason = "length"

    @property
    def weights(self) -> str:
        """The name under which the process holds what answers: of the weights themselves, not as they were asked for."""
        return self.adapted.name or self.ask.weights

    def text(self, template: ChatTemplate) -> str:
        """The answer so far as `ChatTemplate.answer_text` has it: with its indentation, without halves of characters."""
        text = text_of(template, self.request.shaping)(self.tokens)
        return text if self.stops is None else self.stops.sure(text, over=self.reason is not None)

    def new_worths(self) -> dict[str, Any]:
        """What an event says of the tokens since the last one, where that is asked for: {"worths": [TokenWorth, ...]}."""
        if self.request.shaping.tokens < 0:
            return {}
        said = len(self.tokens) if self.stops is None else self.stops.said(over=self.reason is not None)
        begin, self.worths_told = self.worths_told, max(said, self.worths_told)
        return {"worths": self.worths.told(begin, said)}

    def outcome(self, template: ChatTemplate) -> dict[str, Any]:
        """The event that ends this side."""
        now = time.monotonic()
        first = self.first_at or now
        speed = (len(self.tokens) - 1) / (now - first) if len(self.tokens) > 1 and now > first else None
        return {
            "event": "side",
            "side": self.ask.side,
            "text": self.text(template),
            "tokens": len(self.tokens),
            "prompt_tokens": len(self.ask.ids),
            "reused_tokens": self.reused,
            "reason": self.reason,
            "error": self.error,
            "weights": self.weights,
            "silent": self.adapted.key in self.adapted.shared_base.silent,
            "first_token_s": round(first - self.started, 3),
            "tokens_per_second": None if speed is None else round(speed, 2),
            **(told(template, self.tokens, self.worths.told()) if self.request.words else {}),
            **self.new_worths(),
        }
