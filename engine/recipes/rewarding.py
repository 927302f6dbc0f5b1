"""How the reward model of an earlier stage gets among the rewards of a later one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.rewards.reward_model import REWARD_MODEL

REWARD_PLACE = "training.rewards.0.values.model"  # of the tuned model's id in a spec
REWARD_FIELD = "training.rewards.0.model"  # of the same in a form's faults
_NOT_YET = 1  # stands there until the stage that makes the model has ended; no worker ever reads it


def rewarded(training: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of training with the reward model of an earlier stage before the rewards that they name."""
    own = training.get("rewards")
    others = list(own) if isinstance(own, list | tuple) else []
    first = {"reward": REWARD_MODEL.key, "weight": 1.0, "values": {"model": _NOT_YET}}
    return {**training, "rewards": [first, *others]}
