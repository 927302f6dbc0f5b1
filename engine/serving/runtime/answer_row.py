"""One side's answer while it grows: its tokens, and why it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import torch

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import Ask, Reason, Request
from engine.serving.runtime.adapted_model import AdaptedModel
from engine.serving.runtime.sampling import next_token

_HALF = "\ufffd"


@dataclass
class AnswerRow:
    """One side's answer while it grows."""

    ask: Ask
    adapted: AdaptedModel
    request: Request
    generator: torch.Generator
    started: float
    tokens: list[int] = field(default_factory=list)
    first_at: float | None = None
    emitted_at: float = 0.0
    reason: Reason | None = None
    error: dict[str, Any] | None = None

    def take(self, logits: torch.Tensor) -> None:
        """Choose the next token, and see whether the answer ends with it."""
        try:
            token = next_token(logits, self.request.temperature, self.request.top_p, self.generator)
        except Fault as fault:
            self.reason, self.error = "failed", fault.as_dict()
            return
        self.first_at = self.first_at or time.monotonic()
        if token in self.request.stop_ids:
            self.reason = "end"
            return
        self.tokens.append(token)
        if len(self.tokens) >= self.ask.max_tokens:
            self.reason = "length"

    def text(self, template: ChatTemplate) -> str:
        """The answer so far, without a character of which only some bytes are there."""
        return template.decode(self.tokens).rstrip(_HALF)

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
            "reason": self.reason,
            "error": self.error,
            "weights": self.ask.weights,
            "silent": self.adapted.key in self.adapted.shared_base.silent,
            "first_token_s": round(first - self.started, 3),
            "tokens_per_second": None if speed is None else round(speed, 2),
        }
