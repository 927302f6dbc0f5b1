"""What settings of rewards can name on this machine, and whether what they name is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import CodedMessage, Faults
from engine.models.presence import can_plan
from engine.rewards import check_rewards
from engine.rewards.own_function import file_of, own_functions
from engine.rewards.total import ChosenReward
from engine.services.data.making.endpoint import Endpoint, endpoint_of
from engine.serving.scored_texts import talks
from engine.shapes.rewards import RewardChoices, RewardService
from storage.queries import base_models, tuned_models

_MOST_TUNED = 200


def reward_choices(ctx: Context) -> RewardChoices:
    """What there is to choose from."""
    with ctx.db.read() as s:
        tuned = [one for one in tuned_models.list_tuned(s, limit=_MOST_TUNED) if not talks(one)]
        bases = [one for one in base_models.list_models(s) if can_plan(one)]
    service = endpoint_of(ctx.settings)
    return {
        "reward_models": [{"id": one.id, "name": one.name} for one in tuned],
        "models": [{"id": one.id, "name": one.name} for one in bases],
        "files": own_functions(ctx.settings),
        "service": None if service is None else _service(service),
    }


def _service(service: Endpoint) -> RewardService:
    return {"host": service.host, "model": service.model, "near": service.is_near}


def unusable_rewards(ctx: Context, training: Mapping[str, Any]) -> Faults:
    """What keeps the rewards of checked settings from working on this machine, by field; empty for settings without any."""
    if "rewards" not in training:
        return {}
    chosen, faults = check_rewards(training["rewards"])
    there = reward_choices(ctx)
    for place, one in enumerate(chosen):
        faults |= _unusable(ctx, one, there, f"training.rewards.{place}")
    return faults


def _unusable(ctx: Context, one: ChosenReward, there: RewardChoices, field: str) -> Faults:
    if (why := one.reward.why_not(ctx.settings)) is not None:
        return {f"{field}.reward": why}
    found = {
        f"{field}.{param.key}": wrong
        for param in one.reward.params
        if param.source and (wrong := _missing(ctx, param.source, one.values[param.key], there)) is not None
    }
    if "endpoint" in one.reward.needs and (host := one.values.get("host")) and (wrong := _other_host(host, there)):
        found[f"{field}.host"] = wrong
    return found


def _missing(ctx: Context, source: str, value: Any, there: RewardChoices) -> CodedMessage | None:
    if value is None:
        return None
    if source == "reward_file":
        try:
            file_of(ctx.settings, value)
        except Fault as fault:
            return fault.as_dict()
        return None
    known = there["reward_models"] if source == "reward_model" else there["models"]
    if any(one["id"] == value for one in known):
        return None
    return {"code": f"reward.gone_{source}", "params": {"id": value}}


def _other_host(agreed: str, there: RewardChoices) -> CodedMessage | None:
    service = there["service"]
    if service is None:
        return {"code": "reward.no_endpoint", "params": {}}
    if service["host"] != agreed:
        return {"code": "reward.endpoint_changed", "params": {"agreed": agreed, "host": service["host"]}}
    return None
