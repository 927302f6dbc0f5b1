"""The settings of a chat, declared once: the page's controls, their bounds and help derive from here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.core.errors import SpecError
from engine.core.params import Param, read_all
from engine.core.text import Text
from engine.serving.protocol import LONGEST_ANSWER

LONGEST_SYSTEM = 20_000  # characters
_IN_EIGHT_BITS = "int8"

CHAT_PARAMS = (
    Param(
        key="system", kind="text", default="", optional=True, advanced=False, lines=3,
        label=Text("services.chat.settings.system.label"),
        help=Text("services.chat.settings.system.help"),
        usual=Text("services.chat.settings.system.usual"),
    ),
    Param(
        key="temperature", kind="float", default=0.0, minimum=0.0, maximum=2.0, step=0.05, advanced=False,
        label=Text("services.chat.settings.temperature.label"),
        help=Text("services.chat.settings.temperature.help"),
        usual=Text("services.chat.settings.temperature.usual"),
    ),
    Param(
        key="top_p", kind="float", default=0.95, minimum=0.01, maximum=1.0, step=0.01,
        label=Text("services.chat.settings.top_p.label"),
        help=Text("services.chat.settings.top_p.help"),
        usual=Text("services.chat.settings.top_p.usual"),
    ),
    Param(
        key="max_tokens", kind="int", default=256, minimum=1, maximum=LONGEST_ANSWER, step=16, advanced=False,
        label=Text("services.chat.settings.max_tokens.label"), unit=Text("services.chat.settings.max_tokens.unit"),
        help=Text("services.chat.settings.max_tokens.help"),
        usual=Text("services.chat.settings.max_tokens.usual"),
    ),
    Param(
        key="seed", kind="int", default=None, optional=True, minimum=0, maximum=2**31 - 1, step=1,
        label=Text("services.chat.settings.seed.label"),
        help=Text("services.chat.settings.seed.help"),
        usual=Text("services.chat.settings.seed.usual"),
    ),
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
