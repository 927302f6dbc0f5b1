"""Everything that the memory of a training job depends on, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.base_formats.as_is import AS_IS
from engine.base_formats.declaration import BaseFormat
from engine.core.hardware import Device, Precision
from engine.data.bundles.written import WrittenAnswers
from engine.devices import kind_of
from engine.devices.declaration import DeviceKind
from engine.methods.common.declaration import Method
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape
from engine.objectives.declaration import Needs
from engine.optimizers import offload, trained_format
from engine.optimizers.adamw import ADAMW
from engine.optimizers.declaration import Optimizer
from engine.optimizers.offload import Offload
from engine.optimizers.trained_format import TrainedFormat
from engine.planner.memory.corrections import MemoryRecord

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
        measured: what this machine measured of jobs with the same model.
        held: the format of trained weights of the base.
        moved: what of the optimizer waits in RAM.
        asked: rows that answer at a time, before, during or after training.
        batch: examples of an optimizer step; 0 where that says nothing.
        lengths: of the examples, as far as they decide how full a group can be (`fullest.telling`).
        written: answers that are written between the steps; None where the data have them.
        scorers: bytes of the models that score its answers.
        attended, read_again: of prompts with several answers, as `engine.data.bundles.arranged` has them.
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
    measured: tuple[MemoryRecord, ...] = ()
    held: TrainedFormat = trained_format.FP32
    moved: Offload = offload.NOTHING
    asked: int = 0
    batch: int = 0
    lengths: tuple[int, ...] = ()
    written: WrittenAnswers | None = None
    attended: float = 1.0
    read_again: float = 0.0
    scorers: float = 0.0

    @property
    def packs(self) -> bool:
        """Whether several examples share a row."""
        return self.method.capabilities.packing and self.shape.keeps.packs

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
    def trained_width(self) -> int:
        """Bytes of one trained number, and of its gradient."""
        return self.held.width

    @property
    def update_settings(self) -> dict[str, str]:
        """Settings of training that say how updates are made."""
        return {
            "optimizer": self.optimizer.key,
            trained_format.SETTING: self.held.key,
            offload.SETTING: self.moved.key,
        }

    @property
    def width(self) -> int:
        """Bytes of one number in the chosen precision."""
        return _WIDTH[self.precision.dtype]

    @property
    def memory_settings(self) -> dict[str, Any]:
        """What a measured amount of memory belongs to: all that makes a step take more or less of it."""
        return {
            "method": self.method.key,
            "parameters": self.shape.parameters,
            "precision": self.precision.dtype,
            "tokens": self.tokens,
            "longest": min(self.longest or self.tokens, self.tokens),
            "recompute": self.recompute,
            **self.update_settings,
            "quantisation": self.base_format.key,
            "several_groups": self.groups > 1,
            **{f"method.{key}": list(one) if isinstance(one, tuple) else one for key, one in self.values.items()},
        }

    @property
    def stream(self) -> int:
        """Bytes of one number of what is added up between layers: a quantised base keeps it in fp32 where others have fp16."""
        return FP32 if self.base_format.quantised and self.precision.dtype == "fp16" else self.width

    @property
    def copies_inputs(self) -> bool:
        """Whether each adapter copies what it reads to another number format: most on quantised modules take it as it is."""
        return self.width < FP32 and (not self.base_format.quantised or self.footprint.casts)
