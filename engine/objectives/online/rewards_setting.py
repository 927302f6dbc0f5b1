"""The setting of a job that holds its rewards, for every objective that learns from scored answers."""

from __future__ import annotations

from typing import Any

from engine.core.params import Param
from engine.core.shapes import Faults
from engine.core.text import Text
from engine.rewards import check_rewards
from engine.rewards.match import MATCH

_USUAL = [{"reward": MATCH.key, "weight": 1.0, "values": {}}]  # what rows of questions with references are made for


def _read(raw: Any, field: str) -> tuple[list[dict[str, Any]], Faults]:
    chosen, faults = check_rewards(raw, field)
    return [one.as_dict() for one in chosen], faults


# fmt: off
REWARDS_SETTING = Param(
    key="rewards", kind="data", default=_USUAL, advanced=False, reads=_read,
    label=Text("objectives.online.rewards_setting.label"),
    help=Text("objectives.online.rewards_setting.help"),
)
# fmt: on
