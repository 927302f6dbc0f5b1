"""How the weights of a frozen base are held: one frozen value that form, memory, time, loading and chat derive from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.formula import Basis, Counted
from engine.core.text import Text
from engine.devices.declaration import DeviceKind

if TYPE_CHECKING:
    import torch

    from engine.methods.common.shape import ModelShape


def runs_with_bitsandbytes(kind: DeviceKind) -> Text | None:
    """Why the library does not run on that kind of device; None where it does."""
    return kind.no_quantisation


@dataclass(frozen=True)
class ChatFormat:
    """How the process that answers in chats holds a base that a result was trained on.

    Attributes:
        key: the format that it takes.
        weight_bytes: of one weight of a linear module, its share of the scales included.
    """

    key: str
    weight_bytes: float


@dataclass(frozen=True)
class Packing:
    """How weights are quantised.

    Attributes:
        bits: of one weight of a linear module.
        weight_bytes: the same in bytes, without scales.
        scales: (shape, double quantisation) -> memory of the scales that the weights are unpacked with.
        source: where that is from.
        config: (torch's dtype to calculate in, double quantisation) -> the quantisation of transformers' `from_pretrained`.
        passing: bytes that a product makes beside each number of its wider side, on its way through other number formats.
    """

    bits: int
    weight_bytes: float
    scales: Callable[[ModelShape, bool], Counted]
    source: str
    config: Callable[[torch.dtype, bool], Any]
    passing: float = 0.0


@dataclass(frozen=True)
class BaseFormat:
    """One format of the frozen base.

    Attributes:
        key: name in specs and in the database.
        label, help: as the form shows them.
        packing: how its weights are quantised; None for the model's own precision.
        unpacking: time to unpack a weight, over what a kind of device usually takes (`Rates.unpack_s`).
        takes_double: whether its scales can be quantised as well.
        tells_lengths: whether the lengths of its weights can be read, as DoRA needs them.
        answering: how chats hold the base when memory is short; None where they need it in full.
        quality: share of the quality that a job can reach; None where plans do not try it.
        not_on: (kind of device) -> why it does not run there; None where it does.
    """

    key: str
    label: Text
    help: Text
    packing: Packing | None = None
    unpacking: float = 1.0
    takes_double: bool = False
    tells_lengths: bool = True
    answering: ChatFormat | None = None
    quality: Basis | None = None
    not_on: Callable[[DeviceKind], Text | None] = lambda _kind: None

    @property
    def quantised(self) -> bool:
        """Whether its weights are anything but the model's own."""
        return self.packing is not None

    @property
    def bits(self) -> int | None:
        """Bits of a weight; None for the model's own precision."""
        return self.packing.bits if self.packing else None

    def weight_bytes(self, width: int) -> float:
        """Bytes of a weight of a linear module, `width` of one in the precision that is calculated in."""
        return self.packing.weight_bytes if self.packing else width

    def scales(self, shape: ModelShape, double: bool) -> Counted:
        """Memory of the scales; `double` where they are quantised as well, if they can be."""
        if self.packing is None:
            return Counted(0.0, "")
        return self.packing.scales(shape, double and self.takes_double)
