"""What of the chosen settings does not run on a kind of device, as its declaration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base_formats import base_format
from engine.base_formats.declaration import BaseFormat
from engine.core.shapes import Faults
from engine.devices.declaration import DeviceKind
from engine.optimizers import optimizer_of
from engine.optimizers.declaration import Optimizer


def unfit(kind: DeviceKind, training: Mapping[str, Any]) -> Faults:
    """Faults by field; empty where the optimizer and the format of the base run there."""
    chosen: dict[str, BaseFormat | Optimizer] = {
        "training.quantisation": base_format(training),
        "training.optimizer": optimizer_of(training["optimizer"]),
    }
    reasons = {place: (entry, entry.not_on(kind)) for place, entry in chosen.items()}
    return {
        place: {
            "code": "spec.not_on_device",
            "params": {"what": entry.label.as_dict(), "device": kind.label.as_dict(), "reason": reason.as_dict()},
        }
        for place, (entry, reason) in reasons.items()
        if reason is not None
    }
