"""A plan's case with a proposed change taken over, as a form does it: nothing is promised that was not tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.errors import SpecError
from engine.devices import kind_of, precision_for
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import method_of, settings_with_own_defaults
from engine.methods.common.refusals import refused
from engine.objectives import objective_of
from engine.planner.memory.unfit import unfit
from engine.planner.time.speed import steps_of

if TYPE_CHECKING:
    from engine.planner.plan_estimate import PlanCase


def changed_case(case: PlanCase, change: Mapping[str, Any]) -> PlanCase | None:
    """The case with the change; None where it would be refused, or leaves no rows.

    Args:
        change: fields of the form ("training.max_length", "method") with their values.
    """
    shape = case.shape
    try:
        spec = make_spec(_raw(case.spec, change), shape.parameters)
    except SpecError:
        return None
    then = replace(case, spec=spec, known_shape=shape)
    rows = then.counts()[0].rows
    method, training = method_of(spec.method), spec.training
    wrong = (
        not rows
        or any(True for _ in objective_of(spec.objective).refusals(method))
        or unfit(kind_of(case.device), training, precision_for(case.device))
        or refused(method, shape, spec.method_params, training, steps_of(rows, then.pace))
    )
    return None if wrong else then


def _raw(spec: JobSpec, change: Mapping[str, Any]) -> dict[str, Any]:
    """Another method comes with its own defaults."""
    raw, training = spec.as_dict(), dict(spec.training)
    if "method" in change:
        own = settings_with_own_defaults() - objective_of(spec.objective).own
        raw |= {"method": change["method"], "method_params": {}}
        training = {key: value for key, value in training.items() if key not in own}
    for field, value in change.items():
        area, _, key = field.partition(".")
        if area == "training":
            training[key] = value
    return raw | {"training": training}
