"""Every objective of training: one explicit tuple. The first one is what a job has that names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import Fault
from engine.objectives.declaration import Objective
from engine.objectives.grpo import GRPO
from engine.objectives.online_dpo import ONLINE_DPO
from engine.objectives.ppo import PPO
from engine.objectives.preference.better_alone import BETTER_ALONE
from engine.objectives.preference.cpo import CPO
from engine.objectives.preference.dpo import DPO
from engine.objectives.preference.kto import KTO
from engine.objectives.preference.orpo import ORPO
from engine.objectives.preference.reward_model import REWARD_MODEL
from engine.objectives.preference.simpo import SIMPO
from engine.objectives.pretraining import PRETRAINING
from engine.objectives.sft import SFT

OBJECTIVES: tuple[Objective, ...] = (
    SFT, PRETRAINING, DPO, KTO, ORPO, SIMPO, CPO, BETTER_ALONE, REWARD_MODEL, GRPO, PPO, ONLINE_DPO,
)  # fmt: skip
_BY_KEY = {objective.key: objective for objective in OBJECTIVES}


def objective_of(key: str) -> Objective:
    """The objective of that key. Raises Fault("objective.unknown")."""
    if key not in _BY_KEY:
        raise Fault("objective.unknown", objective=key[:40], known=list(_BY_KEY))
    return _BY_KEY[key]


def objective_in(raw: Mapping[str, Any]) -> Objective:
    """What a raw form optimises; the usual one where it names none. Raises Fault("objective.unknown")."""
    return objective_of(str(raw.get("objective") or usual_objective().key))


def usual_objective() -> Objective:
    """What a job has that names none."""
    return OBJECTIVES[0]
