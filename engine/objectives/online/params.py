"""Settings that every objective has which writes answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.online.rewards_setting import REWARDS_SETTING

LOW, AS_SCORED, LEFT_OUT = "low", "as_scored", "left_out"

REWARDS = REWARDS_SETTING

# fmt: off
ANSWERS = Param(
    key="answers", kind="int", default=8, minimum=2, maximum=256, step=1, advanced=False,
    label=Text("objectives.online.params.answers.label"),
    help=Text("objectives.online.params.answers.help"),
    usual=Text("objectives.online.params.answers.usual"),
)
ANSWER_TOKENS = Param(
    key="answer_tokens", kind="int", default=128, minimum=1, maximum=32768, step=16, advanced=False,
    label=Text("objectives.online.params.answer_tokens.label"),
    help=Text("objectives.online.params.answer_tokens.help"),
    usual=Text("objectives.online.params.answer_tokens.usual"),
)
TEMPERATURE = Param(
    key="temperature", kind="float", default=1.0, minimum=0.05, maximum=5.0, step=0.05,
    label=Text("objectives.online.params.temperature.label"),
    help=Text("objectives.online.params.temperature.help"),
    usual=Text("objectives.online.params.temperature.usual"),
)
UNFINISHED = Param(
    key="unfinished", kind="choice", default=LOW,
    choices={
        LOW: Text("objectives.online.params.unfinished.choices.low"), AS_SCORED: Text("objectives.online.params.unfinished.choices.as_scored"),
        LEFT_OUT: Text("objectives.online.params.unfinished.choices.left_out"),
    },
    label=Text("objectives.online.params.unfinished.label"),
    help=Text("objectives.online.params.unfinished.help"),
)
UNFINISHED_REWARD = Param(
    key="unfinished_reward", kind="float", default=-1.0, minimum=-1000.0, maximum=1000.0, step=0.5,
    label=Text("objectives.online.params.unfinished_reward.label"),
    help=Text("objectives.online.params.unfinished_reward.help"),
)
INNER_PASSES = Param(
    key="inner_passes", kind="int", default=1, minimum=1, maximum=16, step=1,
    label=Text("objectives.online.params.inner_passes.label"),
    help=Text("objectives.online.params.inner_passes.help"),
    usual=Text("objectives.online.params.inner_passes.usual"),
)
CLIP = Param(
    key="clip", kind="float", default=0.2, minimum=0.001, maximum=1.0, step=0.01,
    label=Text("objectives.online.params.clip.label"),
    help=Text("objectives.online.params.clip.help"),
    usual=Text("objectives.online.params.clip.usual"),
)
# fmt: on

OWN = frozenset({"epochs", "batch_size", "max_length", "schedule"})


def answer_room(values: Mapping[str, Any]) -> int:
    """Tokens that an answer is meant to have room for."""
    return int(values["answer_tokens"])


def new_tokens(values: Mapping[str, Any]) -> int:
    """Most tokens of an answer: at most half of what prompt and answer may have together."""
    return min(int(values["answer_tokens"]), max(1, int(values["max_length"]) // 2))
