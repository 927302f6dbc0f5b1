"""How the trained weights of the base are held while they are trained: one frozen value that form, memory and training derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault
from engine.core.formula import Basis
from engine.core.text import Text
from engine.devices.declaration import DeviceKind


@dataclass(frozen=True)
class TrainedFormat:
    """One format of trained weights, their gradients and the optimizer's moments.

    Attributes:
        key: name in specs and in the database.
        label, help: as the form shows them.
        width: bytes of a number.
        precision: the number format that the device must calculate in; "" for any.
        quality: share of the quality that a job can reach.
        not_on: (kind of device) -> why it does not run there; None where it does.
    """

    key: str
    label: Text
    help: Text
    width: int
    quality: Basis
    precision: str = ""
    not_on: Callable[[DeviceKind], Text | None] = lambda _kind: None

    @property
    def rounded(self) -> bool:
        """Whether what an update makes must be rounded to fit."""
        return bool(self.precision)


def _with_bf16(kind: DeviceKind) -> Text | None:
    return None if kind.accelerator else Text("optimizers.trained_format.bf16.not_on")


FP32 = TrainedFormat(
    key="fp32",
    label=Text("optimizers.trained_format.fp32.label"),
    help=Text("optimizers.trained_format.fp32.help"),
    width=4,
    quality=Basis(1.0, "the usual: Micikevicius et al. 2017, Mixed Precision Training, arXiv:1710.03740"),
)
BF16 = TrainedFormat(
    key="bf16",
    label=Text("optimizers.trained_format.bf16.label"),
    help=Text("optimizers.trained_format.bf16.help"),
    width=2,
    precision="bf16",
    quality=Basis(
        0.995,
        "nearly as good with stochastic rounding: Zamirai et al. 2020, Revisiting BFloat16 Training, arXiv:2010.06192",
    ),
    not_on=_with_bf16,
)
TRAINED_FORMATS: tuple[TrainedFormat, ...] = (FP32, BF16)
SETTING = "trained_format"


def trained_format(training: Mapping[str, Any]) -> TrainedFormat:
    """The one that settings of training name; jobs from before it could be chosen do not. Raises Fault("optimizer.format_unknown")."""
    key = training.get(SETTING, FP32.key)
    for one in TRAINED_FORMATS:
        if one.key == key:
            return one
    raise Fault("optimizer.format_unknown", key=key, known=[one.key for one in TRAINED_FORMATS])
