"""Everything that the memory of a training job depends on, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.base_formats.as_is import AS_IS
from engine.base_formats.declaration import BaseFormat
from engine.core.hardware import Device, Precision
from engine.devices import kind_of
from engine.devices.declaration import DeviceKind
from engine.methods.common.declaration import Method
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape
from engine.objectives.declaration import Needs
from engine.optimizers.adamw import ADAMW
from engine.optimizers.declaration import Optimizer

MB = 1e6  # as pages show it
FP32 = 4
_WIDTH = {"fp32": 4, "bf16": 2, "fp16": 2}


@dataclass(frozen=True)
class Workload:
    """Everything that memory depends on.

    Attributes:
        shape: the base model's measures.
        method: what trains.
        values: the method's settings, checked.
        precision: of the computations.
        device: that the job runs on.
        tokens: tokens in the largest group.
        recompute: activation checkpointing.
        optimizer: that turns gradients into updates.
        base_format: how the frozen base is held.
        groups: groups that an optimizer step is worked through in.
        longest: tokens of the longest example; 0 where a group is one example.
        double: the scales of a 4-bit base are quantised too.
        needs: what the objective takes besides.
        asked: rows that answer at a time, before, during or after training.
        batch: examples of an optimizer step; 0 where that says nothing.
        lengths: of the examples, as far as they decide how full a group can be (`fullest.telling`).
    """

    shape: ModelShape
    method: Method
    values: Mapping[str, Any]
    precision: Precision
    device: Device
    tokens: int
    recompute: bool = False
    optimizer: Optimizer = ADAMW
    base_format: BaseFormat = AS_IS
    groups: int = 1
    longest: int = 0
    double: bool = True
    needs: Needs = Needs()  # noqa: RUF009 (frozen)
    asked: int = 0
    batch: int = 0
    lengths: tuple[int, ...] = ()

    @cached_property
    def trained(self) -> int:
        """Number of trained parameters."""
        return self.method.trainable(self.shape, self.values)

    @cached_property
    def footprint(self) -> Footprint:
        """What the method holds besides."""
        return self.method.footprint(self.shape, self.values)

    @cached_property
    def kind(self) -> DeviceKind:
        """What kind of device it runs on."""
        return kind_of(self.device)

    @property
    def width(self) -> int:
        """Bytes of one number in the chosen precision."""
        return _WIDTH[self.precision.dtype]
