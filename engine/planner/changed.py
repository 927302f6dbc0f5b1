"""A spec with a proposed change taken over, as a form does it: nothing is promised that was not tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import SpecError
from engine.core.hardware import Device
from engine.devices import kind_of, precision_for
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import method_of, settings_with_own_defaults
from engine.methods.common.refusals import refused
from engine.methods.common.shape import ModelShape
from engine.objectives import objective_of
from engine.planner.memory.unfit import unfit


def changed_spec(spec: JobSpec, change: Mapping[str, Any], parameters: int) -> JobSpec | None:
    """The spec with the change; None where its settings do not go together.

    Args:
        change: fields of the form ("training.max_length", "method") with their values.
        parameters: of the base model.
    """
    raw, training = spec.as_dict(), dict(spec.training)
    if "method" in change:  # it comes with its own defaults
        own = settings_with_own_defaults() - objective_of(spec.objective).own
        raw |= {"method": change["method"], "method_params": {}}
        training = {key: value for key, value in training.items() if key not in own}
    for field, value in change.items():
        area, _, key = field.partition(".")
        if area == "training":
            training[key] = value
    try:
        return make_spec(raw | {"training": training}, parameters)
    except SpecError:
        return None


def is_possible(spec: JobSpec, shape: ModelShape, device: Device, steps: int) -> bool:
    """Whether a job of so many steps is refused neither by its objective, nor the device, nor the model."""
    method, training = method_of(spec.method), spec.training
    return not (
        any(True for _ in objective_of(spec.objective).refusals(method))
        or unfit(kind_of(device), training, precision_for(device))
        or refused(method, shape, spec.method_params, training, steps)
    )
