"""Which methods a plan may use, on which base and with which optimizer: by what they declare, never by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.base_formats import base_format
from engine.base_formats import searched as searched_formats
from engine.base_formats.as_is import AS_IS
from engine.base_formats.declaration import BaseFormat
from engine.devices.declaration import DeviceKind
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.optimizers import offload, trained_format
from engine.optimizers import searched as searched_optimizers
from engine.optimizers.declaration import Optimizer
from engine.optimizers.offload import NOTHING, OFFLOADS, Offload
from engine.optimizers.trained_format import BF16, FP32, TrainedFormat
from engine.planner.budget.goals import FAMILIES, GOOD_ENOUGH

_SETTLED = searched_optimizers()[0]  # where memory is not short


@dataclass(frozen=True)
class Candidate:
    """How to train, besides lengths and passes.

    Attributes:
        method: what trains.
        held: format of the base.
        optimizer, trained, moved, checkpointing: settings of training.
    """

    method: Method
    held: BaseFormat = AS_IS
    optimizer: Optimizer = _SETTLED
    checkpointing: str = "auto"
    trained: TrainedFormat = FP32
    moved: Offload = NOTHING

    @property
    def update_settings(self) -> dict[str, str]:
        """How updates are made, as settings of training."""
        return {
            "optimizer": self.optimizer.key,
            trained_format.SETTING: self.trained.key,
            offload.SETTING: self.moved.key,
        }


WITHOUT_TRAINING = tuple(Candidate(method) for method in METHODS if not method.capabilities.trains)


@cache
def candidates_for(goal: str, kind: DeviceKind) -> tuple[Candidate, ...]:
    """Every candidate worth trying on a kind of device.

    All recommended methods on every base and with every optimizer whose quality is known; on the smallest base also with
    activations recomputed at any rate. Where size matters (small groups, so activations are recomputed by themselves), also
    methods whose small result can be switched off, on the smallest base.
    """
    optimizers = [optimizer for optimizer in searched_optimizers() if optimizer.not_on(kind) is None]
    formats = [held for held in searched_formats() if held.not_on(kind) is None]
    found: list[Candidate] = []
    for method, held in _on_bases(goal, formats):
        for optimizer in optimizers if method.recommended else optimizers[:1]:
            found.append(Candidate(method, held, optimizer))
            if held is formats[-1] and held.quantised and method.capabilities.checkpointing and goal != "smallest":
                found.append(Candidate(method, held, optimizer, "on"))
        found += _leanest(method, held, optimizers, kind)
    return tuple(found)


def _leanest(method: Method, held: BaseFormat, optimizers: list[Optimizer], kind: DeviceKind) -> list[Candidate]:
    """Whole matrices trained in bf16 alone with the leanest form of AdamW, its state on the device, then in RAM, then all there."""
    leanest = min((one for one in optimizers if one.adamw), key=lambda one: one.stored)
    if not (method.trains_matrices and method.recommended) or BF16.not_on(kind) is not None:
        return []
    moves = [one for one in OFFLOADS if one.not_on(kind) is None]
    return [Candidate(method, held, leanest, "auto", BF16, moved) for moved in moves]


def _on_bases(goal: str, known: list[BaseFormat]) -> list[tuple[Method, BaseFormat]]:
    """Methods with formats of their base; of two that only differ in it, the one whose own format it is."""
    found: dict[tuple[Any, BaseFormat], Method] = {}
    for method in METHODS:
        if not method.capabilities.trains or not (method.recommended or (goal == "smallest" and _is_pocket(method))):
            continue
        formats = [held for held in known if not held.quantised or method.capabilities.quantised_base]
        for held in formats if method.recommended else formats[-1:]:
            mark = (method.apply, held)
            if mark not in found or base_format(method.defaults) is held:
                found[mark] = method
    return [(method, held) for (_apply, held), method in found.items()]


def _is_pocket(method: Method) -> bool:
    """A small result on an untouched base, from a family that learns well enough."""
    good = FAMILIES[method.family].share >= GOOD_ENOUGH
    return method.saves == "adapter" and method.capabilities.toggle and good
