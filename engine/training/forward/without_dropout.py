"""No number is left out by chance: for objectives that compare how likely something was with how likely it is now."""

from __future__ import annotations

from typing import Any

from torch import nn

_RATES = ("attention_dropout", "dropout")  # of attention layers and recurrent ones, by the names that they use


def without_dropout(model: nn.Module) -> bool:
    """Set every rate of dropout to 0; whether any was more."""
    found = False
    for module in model.modules():
        names = ("p",) if "Dropout" in type(module).__name__ else _RATES
        for name in names:
            rate: Any = getattr(module, name, None)
            if isinstance(rate, float) and rate > 0:
                setattr(module, name, 0.0)
                found = True
    return found
