"""Whether a job can go on with the weights of a tuned model, and with which settings of the method. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param, read_all
from engine.core.shapes import CodedMessage, Faults
from engine.core.text import Text
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.objectives import objective_of, usual_objective
from storage.tables import TunedModel


def kept_settings(tuned: TunedModel) -> dict[str, Any] | None:
    """Settings of its method that its weights fit into, all of them; None where nothing goes on with it.

    Raises Fault("method.unknown") for a method that this version does not have.
    """
    method = method_of(tuned.method)
    if isinstance(method.goes_on, Text):
        return None
    stored, _faults = read_all(method.params, _spec_of(tuned).get("method_params") or {}, "method")
    kept = method.goes_on.kept(stored)
    return None if kept is None else dict(kept)


def start_faults(spec: JobSpec, tuned: TunedModel) -> Faults:
    """Why a job with this spec cannot go on with this model, by field; empty where it can."""
    said = {"name": tuned.name}
    if tuned.base_model_id != spec.base_model:
        return {"starts_from": {"code": "start.other_base", "params": said}}
    if spec.start_hash and tuned.weights_hash != spec.start_hash:
        return {"starts_from": {"code": "start.changed", "params": said}}
    if _scores(tuned) and objective_of(spec.objective).talks:
        return {"starts_from": {"code": "start.scores", "params": said}}
    try:
        made, kept = method_of(tuned.method), kept_settings(tuned)
    except Fault as fault:
        return {"starts_from": fault.as_dict()}
    if kept is None:
        return {"starts_from": _cannot(made, said)}
    if tuned.method != spec.method:
        return {"method": {"code": "start.other_method", "params": said | {"method": made.label.as_dict()}}}
    return _other_settings(made, spec.method_params, kept, said)


def _spec_of(tuned: TunedModel) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (tuned.lineage or {}).get("spec") or {}
    return found


def _scores(tuned: TunedModel) -> bool:
    """Whether it says a number instead of an answer."""
    try:
        return not objective_of(str(_spec_of(tuned).get("objective") or usual_objective().key)).talks
    except Fault:  # an objective that this version does not have
        return False


def _cannot(method: Method, said: Mapping[str, Any]) -> CodedMessage:
    words = {**said, "method": method.label.as_dict()}
    if isinstance(method.goes_on, Text):
        return {"code": "start.cannot", "params": words | {"reason": method.goes_on.as_dict()}}
    return {"code": "start.cannot_settings", "params": words}


def _other_settings(
    method: Method, given: Mapping[str, Any], kept: Mapping[str, Any], said: Mapping[str, Any]
) -> Faults:
    assert not isinstance(method.goes_on, Text)
    differing = [
        param for param in method.params if param.key not in method.goes_on.free and given[param.key] != kept[param.key]
    ]
    return {
        f"method.{param.key}": {
            "code": "start.other_setting",
            "params": {**said, "setting": param.label.as_dict(), "wanted": _shown(param, kept[param.key])},
        }
        for param in differing
    }


def _shown(param: Param, value: Any) -> Any:
    """A number as it is, so that it can be proposed; a choice by its name."""
    return param.choices[value].as_dict() if param.choices and value in param.choices else value
