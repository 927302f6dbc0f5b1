"""What cannot work on the model that a spec names, from its config.json alone."""

from __future__ import annotations

from engine.core.errors import Fault
from engine.core.hardware import Device, Precision
from engine.core.shapes import CodedMessage, Faults
from engine.devices import DEVICE_KINDS, device_of, kind_of, precision_for
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.refusals import refused
from engine.models.architecture.shape import shape_of
from engine.objectives import objective_of
from engine.planner.budget import catalogue
from engine.planner.memory.unfit import unfit
from engine.planner.time.speed import Pace, steps_of
from storage.tables import Dataset, LanguageModel


def unteachable(spec: JobSpec, dataset: Dataset) -> CodedMessage | None:
    """The fault of a data set that the spec's objective cannot learn from; None where it can."""
    return objective_of(spec.objective).unfit_fault(dataset.kind, dataset.name)


def planned_device(key: str) -> Device:
    """The device of a spec, here or in the catalogue. Raises Fault("device.missing") and others of `device_of`."""
    return catalogue.device_of(key) if catalogue.is_planned_only(key) else device_of(key)


def _unfit(spec: JobSpec) -> Faults:
    """Settings that do not run on the spec's device. Looks for it only where some kind of device would refuse."""
    anywhere = Precision("fp16", "")
    if not any(unfit(kind, spec.training, anywhere) for kind in DEVICE_KINDS):
        return {}
    try:
        device = planned_device(spec.budget.device)
        return unfit(kind_of(device), spec.training, precision_for(device))
    except Fault as fault:
        return {"budget.device": fault.as_dict()}


def refusals(spec: JobSpec, base: LanguageModel, rows: int) -> Faults:
    """Faults by field; empty where the job can run on this model with so many examples."""
    method = method_of(spec.method)
    for refusal in objective_of(spec.objective).refusals(method):
        return {refusal.place: {"code": refusal.code, "params": dict(refusal.params)}}
    try:
        shape = shape_of(base.config, base.parameters)
    except Fault as fault:
        return {"base_model": fault.as_dict()}
    pace = Pace(float(spec.training["epochs"]), int(spec.training["batch_size"]))
    steps = steps_of(rows, pace)
    return _unfit(spec) | refused(method, shape, spec.method_params, spec.training, steps)
