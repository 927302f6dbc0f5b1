"""What becomes of sides whose weights could not be loaded: they say why, and the others answer."""

from __future__ import annotations

from typing import Any

import torch

from engine.core.errors import TunesmithError
from engine.core.obstacles import obstacle
from engine.core.shapes import CodedMessage
from engine.serving.protocol import Ask

Failed = dict[str, CodedMessage]  # name of weights -> why they are not in memory


def told(error: Exception) -> CodedMessage:
    """The sentence that people read of an error."""
    if isinstance(error, TunesmithError):
        return error.as_dict()
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error):
        return {"code": "chat.out_of_memory", "params": {}}
    if (met := obstacle(error)) is not None:
        return met.as_dict()
    return {"code": "chat.failed", "params": {"reason": f"{type(error).__name__}: {error}"[:300]}}


def failed_side(ask: Ask, error: CodedMessage) -> dict[str, Any]:
    """The event that ends a side which has said nothing."""
    return {
        "event": "side",
        "side": ask.side,
        "text": "",
        "tokens": 0,
        "prompt_tokens": len(ask.ids),
        "reused_tokens": 0,
        "reason": "failed",
        "error": error,
        "weights": ask.weights,
        "silent": False,
        "first_token_s": None,
        "tokens_per_second": None,
    }
