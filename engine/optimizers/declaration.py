"""What an optimizer is: one frozen value that form, memory, time, disk and training derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.formula import Basis, Counted, times
from engine.core.text import Text
from engine.devices.declaration import DeviceKind

if TYPE_CHECKING:
    from torch import optim

_FP32 = 4


@dataclass(frozen=True)
class Optimizer:
    """One rule that turns gradients into updates.

    Attributes:
        key: name in specs and in the database.
        label, help: as the form shows them.
        make: () -> its class, and its options besides the learning rate and the weight decay. Imports torch within.
        state: (trained numbers, rank of the change) -> memory that it keeps between two steps.
        source: where `state` is from.
        stored: numbers of that state in a checkpoint, for each trained number.
        moved: (kind of device) -> bytes that an update reads and writes for each trained number.
        copies: (kind of device) -> copies in fp32 of the largest trained matrix that an update makes.
        moments: numbers of that state in fp32 for each trained one, which follow the format of the trained weights.
        paged: whether its state lies in unified memory.
        adamw: whether it is a form of AdamW, so that a method may put its own form in its place.
        quality: share of the quality that a job can reach; None where plans do not try it.
        not_on: (kind of device) -> why it does not run there; None where it does.
    """

    key: str
    label: Text
    help: Text
    make: Callable[[], tuple[type[optim.Optimizer], Mapping[str, Any]]]
    state: Callable[[int, int], Counted]
    source: str
    stored: float
    moved: Callable[[DeviceKind], float]
    copies: Callable[[DeviceKind], int] = lambda _kind: 0
    moments: int = 0
    paged: bool = False
    adamw: bool = False
    quality: Basis | None = None
    not_on: Callable[[DeviceKind], Text | None] = lambda _kind: None

    def state_in(self, width: int, trained: int, rank: int) -> Counted:
        """`state` where trained weights, and moments with them, take `width` bytes a number."""
        found = self.state(trained, rank)
        if width == _FP32 or not self.moments:
            return found
        return Counted(
            found.bytes - self.moments * trained * (_FP32 - width), times(trained, f"{width * self.moments} B")
        )

    def stored_bytes(self, width: int) -> float:
        """Bytes of the state in a checkpoint for each trained number, where trained weights take `width` bytes."""
        return _FP32 * self.stored - self.moments * (_FP32 - width)
