"""What models take up that score answers while another one learns: reward models, and judges of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.core.hardware import Precision
from engine.rewards import check_rewards
from storage.queries import base_models, tuned_models

_WIDTHS = {"fp32": 4, "bf16": 2, "fp16": 2}
_BESIDE = 1.05  # the weights, and what it takes to read a few answers with them


def scorer_bytes(s: Session, training: Mapping[str, Any], held: Precision) -> float:
    """Bytes of the models that the rewards of checked settings name, held in that format; 0 for settings without rewards."""
    if "rewards" not in training:
        return 0.0
    chosen, _faults = check_rewards(training["rewards"])
    named = [(param.source, one.values.get(param.key)) for one in chosen for param in one.reward.params if param.source]
    width = _WIDTHS[held.dtype]
    return sum(_bytes(s, source, int(value), width) for source, value in named if isinstance(value, int))


def _bytes(s: Session, source: str, number: int, width: int) -> float:
    tuned = tuned_models.get_tuned(s, number) if source == "reward_model" else None
    base = base_models.get_model(s, number if tuned is None else tuned.base_model_id)
    if base is None or (source == "reward_model" and tuned is None):
        return 0.0  # that it is not there is told elsewhere
    return _BESIDE * width * (base.parameters or 0)
