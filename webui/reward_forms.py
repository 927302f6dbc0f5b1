"""From declarations of rewards to what the page that gathers them draws."""

from __future__ import annotations

from typing import TypedDict

from engine.core.context import Context
from engine.core.shapes import CodedMessage
from engine.rewards import HEAVIEST, MOST, REWARDS
from engine.rewards.declaration import Reward
from engine.services.rewards.choices import reward_choices
from engine.services.rewards.shapes import RewardChoices
from webui.form_shapes import ParamForm
from webui.forms import param_form


class RewardForm(TypedDict):
    """One reward that can be chosen."""

    key: str  # of it
    label: str  # its name
    help: str  # what it says of an answer
    params: list[ParamForm]  # its settings
    asks_of_rows: list[str]  # "reference", "tools"
    needs: list[str]  # "model", "endpoint", "file"
    why_not: CodedMessage | None  # why it cannot be used here


class RewardForms(TypedDict):
    """All that there is to choose."""

    rewards: list[RewardForm]  # in their order
    choices: RewardChoices  # what settings can name
    most: int  # rewards of a job
    heaviest: float  # weight


def _form(reward: Reward, ctx: Context, lang: str) -> RewardForm:
    return {
        "key": reward.key,
        "label": reward.label.in_(lang),
        "help": reward.help.in_(lang),
        "params": [param_form(param, lang, "") for param in reward.params],
        "asks_of_rows": sorted(reward.asks_of_rows),
        "needs": sorted(reward.needs),
        "why_not": reward.why_not(ctx.settings),
    }


def reward_forms(ctx: Context, lang: str) -> RewardForms:
    """The forms of every reward, in one language."""
    return {
        "rewards": [_form(reward, ctx, lang) for reward in REWARDS],
        "choices": reward_choices(ctx),
        "most": MOST,
        "heaviest": HEAVIEST,
    }
