"""The settings of a chat, declared once: the page's controls, their bounds and help derive from here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.core.errors import SpecError
from engine.core.params import Param, read_all
from engine.core.text import Text
from engine.serving.answer_params import ANSWER_PARAMS

LONGEST_SYSTEM = 20_000  # characters
_IN_EIGHT_BITS = "int8"

CHAT_PARAMS = (
    *ANSWER_PARAMS,
    Param(
        key="weights", kind="choice", default="full",
        choices={
            "full": Text("services.chat.settings.weights.full"),
            _IN_EIGHT_BITS: Text("services.chat.settings.weights.int8"),
        },
        label=Text("services.chat.settings.weights.label"),
        help=Text("services.chat.settings.weights.help"),
        usual=Text("services.chat.settings.weights.usual"),
    ),
)  # fmt: skip


def read_chat_settings(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """All settings, in type; numbers out of bounds are brought to the bound.

    Raises:
        SpecError: something is no number, by field ("chat.temperature" ...).
    """
    values = {param.key: _bounded(param, raw[param.key]) for param in CHAT_PARAMS if raw and param.key in raw}
    read, faults = read_all(CHAT_PARAMS, values, "chat")
    if faults:
        raise SpecError(faults)
    read["system"] = (read["system"] or "").strip()[:LONGEST_SYSTEM]
    return read


def eight_bits(settings: Mapping[str, Any]) -> bool:
    """Whether weights are to be held in 8 bits where a processor answers."""
    return settings.get("weights") == _IN_EIGHT_BITS


def _bounded(param: Param, value: Any) -> Any:
    if param.minimum is None or param.maximum is None or value in (None, ""):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return value if math.isnan(number) else min(max(number, param.minimum), param.maximum)
