"""Whether a model can be trained on a device at all, before there are data: LoRA with standard settings on short rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.base_formats import searched
from engine.base_formats.as_is import AS_IS
from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.devices import precision_for
from engine.methods import method_of
from engine.methods.common.refusals import refused
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.objectives import usual_objective
from engine.optimizers import optimizer_of
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.unfit import unfit
from engine.planner.memory.verdict import arrange
from engine.planner.memory.workload import Workload

_METHOD, _LENGTH, _ROWS = "lora", 512, 4  # what most people begin with; tokens of a row; rows of a step
_LEANEST = 0  # room for groups: one row at a time, recomputing


@dataclass(frozen=True)
class QuickFit:
    """How a model can be trained."""

    how: Literal["fits", "quantised", "not"]  # as it is; only with a quantised base; not at all
    bits: int | None  # of the quantised base
    need_mb: int  # then; where it cannot, of the leanest way


def quick_fit(config: Mapping[str, Any], parameters: int | None, device: Device, limit_mb: int) -> QuickFit | None:
    """The first way that fits: as it is, then with ever fewer bits. None where the measures of the model are not known."""
    try:
        shape = shape_of(config, parameters)
        ways = [(work.base_format.bits if work.base_format.quantised else None, total_mb(work))
                for work in _ways(shape, device)]  # fmt: skip
    except (Fault, ArithmeticError, TypeError, ValueError):  # a config.json may say anything
        return None
    for bits, need in ways:
        if need <= limit_mb:
            return QuickFit("fits" if bits is None else "quantised", bits, need)
    return QuickFit("not", None, min((need for _bits, need in ways), default=0))


def _ways(shape: ModelShape, device: Device) -> Iterator[Workload]:
    method, usual = method_of(_METHOD), usual_objective()
    values, _faults = read_all(method.params, {}, "method")
    for held in searched():
        chosen = {"quantisation": AS_IS.key if not held.quantised else held.key}
        training, _faults = read_all(usual.params_for(method.defaults), chosen, "training")
        work = Workload(
            shape, method, values, precision_for(device), device, _LENGTH,
            optimizer=optimizer_of(training["optimizer"]), base_format=held, needs=usual.needs(training),
        )  # fmt: skip
        if held.quantised and (unfit(work.kind, training) or refused(method, shape, values, training)):
            continue
        yield arrange(work, _LENGTH, _LENGTH * _ROWS, str(training["checkpointing"]), _LEANEST)
