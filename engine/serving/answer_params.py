"""What an answer is asked with, declared once: the playground's controls, and what an export takes along, derive from here."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.serving.protocol import LONGEST_ANSWER

ANSWER_PARAMS = (
    Param(
        key="system", kind="text", default="", optional=True, advanced=False, lines=3,
        label=Text("serving.answer_params.system.label"),
        help=Text("serving.answer_params.system.help"),
        usual=Text("serving.answer_params.system.usual"),
    ),
    Param(
        key="temperature", kind="float", default=0.0, minimum=0.0, maximum=2.0, step=0.05, advanced=False,
        label=Text("serving.answer_params.temperature.label"),
        help=Text("serving.answer_params.temperature.help"),
        usual=Text("serving.answer_params.temperature.usual"),
    ),
    Param(
        key="top_p", kind="float", default=0.95, minimum=0.01, maximum=1.0, step=0.01,
        label=Text("serving.answer_params.top_p.label"),
        help=Text("serving.answer_params.top_p.help"),
        usual=Text("serving.answer_params.top_p.usual"),
    ),
    Param(
        key="max_tokens", kind="int", default=256, minimum=1, maximum=LONGEST_ANSWER, step=16, advanced=False,
        label=Text("serving.answer_params.max_tokens.label"), unit=Text("serving.answer_params.max_tokens.unit"),
        help=Text("serving.answer_params.max_tokens.help"),
        usual=Text("serving.answer_params.max_tokens.usual"),
    ),
    Param(
        key="seed", kind="int", default=None, optional=True, minimum=0, maximum=2**31 - 1, step=1,
        label=Text("serving.answer_params.seed.label"),
        help=Text("serving.answer_params.seed.help"),
        usual=Text("serving.answer_params.seed.usual"),
    ),
)  # fmt: skip
