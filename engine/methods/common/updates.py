"""Which settings of the update do not go together with a method, or with each other, on any device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.shapes import Faults
from engine.methods.common.declaration import Method
from engine.optimizers import offload as moving
from engine.optimizers import optimizer_of
from engine.optimizers import trained_format as holding


def mismatched(method: Method, training: Mapping[str, Any]) -> Faults:
    """Faults by field; empty where all goes together."""
    held, moved = holding.trained_format(training), moving.offload(training)
    optimizer, told = optimizer_of(training["optimizer"]), {"method": method.label.as_dict()}
    faults: Faults = {}
    if held.rounded and not method.trains_matrices:
        faults[f"training.{holding.SETTING}"] = {"code": "spec.few_trained_format", "params": told}
    if moved.state and not method.trains_matrices:
        faults[f"training.{moving.SETTING}"] = {"code": "spec.few_trained_offload", "params": told}
    elif moved.state and optimizer.paged:
        params = {"optimizer": optimizer.label.as_dict()}
        faults[f"training.{moving.SETTING}"] = {"code": "spec.offload_paged", "params": params}
    return faults
