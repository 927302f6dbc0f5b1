"""What of the chosen settings does not run on a kind of device, as its declaration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base_formats import base_format
from engine.base_formats.declaration import BaseFormat
from engine.core.hardware import Precision
from engine.core.shapes import Faults
from engine.devices.declaration import DeviceKind
from engine.optimizers import offload as moving
from engine.optimizers import optimizer_of
from engine.optimizers import trained_format as holding
from engine.optimizers.declaration import Optimizer

_HELD, _MOVED = f"training.{holding.SETTING}", f"training.{moving.SETTING}"


def unfit(kind: DeviceKind, training: Mapping[str, Any], precision: Precision | None = None) -> Faults:
    """Faults by field; empty where the optimizer, the format of the base and those of the trained weights run there.

    Args:
        precision: that the device calculates in, where it is known.
    """
    return _of_device(kind, training) or (_of_precision(training, precision) if precision else {})


def _of_device(kind: DeviceKind, training: Mapping[str, Any]) -> Faults:
    chosen: dict[str, BaseFormat | Optimizer | holding.TrainedFormat | moving.Offload] = {
        "training.quantisation": base_format(training),
        "training.optimizer": optimizer_of(training["optimizer"]),
        _HELD: holding.trained_format(training),
        _MOVED: moving.offload(training),
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


def _of_precision(training: Mapping[str, Any], precision: Precision) -> Faults:
    """What needs the range of bf16: weights in it, and gradients that are gone before they could be scaled."""
    held, moved = holding.trained_format(training), moving.offload(training)
    faults: Faults = {}
    if held.precision and precision.dtype != held.precision:
        faults[_HELD] = {"code": "spec.needs_bf16", "params": {"what": held.label.as_dict(), "dtype": precision.dtype}}
    if moved.gradients and precision.dtype == "fp16":
        faults[_MOVED] = {
            "code": "spec.needs_bf16",
            "params": {"what": moved.label.as_dict(), "dtype": precision.dtype},
        }
    return faults
