"""The settings of a chat, declared once: the page's controls, their bounds and help derive from here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.core.errors import SpecError
from engine.core.params import Param, read_all
from engine.core.text import Text
from engine.serving.protocol import LONGEST_ANSWER

_LONGEST_SYSTEM = 20_000  # characters

CHAT_PARAMS = (
    Param(
        key="system", kind="text", default="", optional=True, advanced=False,
        label=Text("System prompt", "系统提示词"),
        help=Text(
            "Told to every side before the conversation. Empty: what the model's own template says.",
            "在对话开始前告诉每一方的内容。留空则使用模型模板自带的内容。",
        ),
        usual=Text("empty", "留空"),
    ),
    Param(
        key="temperature", kind="float", default=0.0, minimum=0.0, maximum=2.0, step=0.05, advanced=False,
        label=Text("Temperature", "温度"),
        help=Text(
            "0 always takes the likeliest word, so the same question gets the same answer; higher is more varied.",
            "0 总是选择最可能的词，相同问题得到相同回答；越高越多变。",
        ),
        usual=Text("0 to compare, 0.7 for variety", "对比用 0，多样用 0.7"),
    ),
    Param(
        key="top_p", kind="float", default=0.95, minimum=0.01, maximum=1.0, step=0.01,
        label=Text("Top-p", "Top-p"),
        help=Text(
            "Words are drawn from the likeliest ones that together have this probability. Without effect at temperature 0.",
            "只从累计概率达到该值的最可能的词中抽取。温度为 0 时不起作用。",
        ),
        usual=Text("0.9 to 1", "0.9 到 1"),
    ),
    Param(
        key="max_tokens", kind="int", default=256, minimum=1, maximum=LONGEST_ANSWER, step=16, advanced=False,
        label=Text("Longest answer", "最长回答"), unit=Text("tokens", "词元"),
        help=Text("An answer that gets longer is cut off.", "超过此长度的回答会被截断。"),
        usual=Text("128 to 512", "128 到 512"),
    ),
    Param(
        key="seed", kind="int", default=None, optional=True, minimum=0, maximum=2**31 - 1, step=1,
        label=Text("Seed", "随机种子"),
        help=Text(
            "The same seed gives the same answer at any temperature. Empty: a new one for each answer.",
            "相同的种子在任何温度下得到相同的回答。留空则每次使用新的种子。",
        ),
        usual=Text("empty", "留空"),
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
    read["system"] = (read["system"] or "").strip()[:_LONGEST_SYSTEM]
    return read


def _bounded(param: Param, value: Any) -> Any:
    if param.minimum is None or param.maximum is None or value in (None, ""):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return value if math.isnan(number) else min(max(number, param.minimum), param.maximum)
