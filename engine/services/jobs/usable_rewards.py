"""Whether what the rewards of a job name is there: models, files of the operator, the service that answers are sent to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import CodedMessage, Faults
from engine.data.rows.store import read_rows
from engine.models.presence import can_plan
from engine.rewards import check_rewards
from engine.rewards.own_function import file_of
from engine.rewards.total import ChosenReward
from engine.serving.scored_texts import talks
from storage.queries import base_models, inputs, tuned_models

_LOOKED_AT = 200  # rows


def unusable_rewards(ctx: Context, training: Mapping[str, Any], dataset: int | None = None) -> Faults:
    """What keeps the rewards of checked settings from working on this machine, by field; empty for settings without any.

    Args:
        dataset: that is trained on: some of its first rows must have what the rewards ask of rows.
    """
    if "rewards" not in training:
        return {}
    chosen, faults = check_rewards(training["rewards"])
    for place, one in enumerate(chosen):
        faults |= _unusable(ctx, one, f"training.rewards.{place}")
    return faults or _unsuited(ctx, chosen, dataset)


def _unsuited(ctx: Context, chosen: Sequence[ChosenReward], dataset: int | None) -> Faults:
    """Rewards that could say nothing of any row."""
    asking = {place: one for place, one in enumerate(chosen) if one.reward.asks_of_rows and one.weight}
    if not asking or dataset is None:
        return {}
    with ctx.db.read() as s:
        found = inputs.get_dataset(s, dataset)
    path = None if found is None or not found.rows_path else ctx.settings.absolute(found.rows_path)
    if path is None or not path.is_file():
        return {}  # that is told elsewhere
    rows = list(islice(read_rows(path, "train"), _LOOKED_AT))
    unsuited = (place for place, one in asking.items() if not any(one.reward.suits(one.values, row) for row in rows))
    return {f"training.rewards.{place}.reward": {"code": "reward.no_row_suits", "params": {}} for place in unsuited}


def _unusable(ctx: Context, one: ChosenReward, field: str) -> Faults:
    if (why := one.reward.why_not(ctx.settings)) is not None:
        return {f"{field}.reward": why}
    found = {
        f"{field}.{param.key}": wrong
        for param in one.reward.params
        if param.source and (wrong := _missing(ctx, param.source, one.values[param.key])) is not None
    }
    agreed = one.values.get("host") if "endpoint" in one.reward.needs else None
    if agreed and agreed != ctx.settings.writer_host:
        found[f"{field}.host"] = _other_host(agreed, ctx.settings.writer_host)
    return found


def _missing(ctx: Context, source: str, value: Any) -> CodedMessage | None:
    if value is None:
        return None
    if source == "reward_file":
        try:
            file_of(ctx.settings, value)
        except Fault as fault:
            return fault.as_dict()
        return None
    return None if _is_there(ctx, source, int(value)) else {"code": f"reward.gone_{source}", "params": {"id": value}}


def _is_there(ctx: Context, source: str, value: int) -> bool:
    with ctx.db.read() as s:
        if source == "reward_model":
            tuned = tuned_models.get_tuned(s, value)
            return tuned is not None and not talks(tuned)
        base = base_models.get_model(s, value)
        return base is not None and base.deleted_at is None and can_plan(base)


def _other_host(agreed: str, host: str) -> CodedMessage:
    if not host:
        return {"code": "reward.no_endpoint", "params": {}}
    return {"code": "reward.endpoint_changed", "params": {"agreed": agreed, "host": host}}
