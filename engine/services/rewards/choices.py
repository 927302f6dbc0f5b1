"""What settings of rewards can name on this machine."""

from __future__ import annotations

from engine.core.context import Context
from engine.models.presence import can_plan
from engine.rewards.own_function import own_functions
from engine.services.data.making.endpoint import Endpoint, endpoint_of
from engine.services.rewards.shapes import RewardChoices, RewardService
from engine.serving.scored_texts import talks
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
