"""Adafactor (Shazeer and Stern 2018, arXiv:1804.04235): sums of rows and columns instead of a moment for each number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.formula import Basis, Counted, times
from engine.core.text import Text
from engine.optimizers.declaration import Optimizer

if TYPE_CHECKING:
    from torch import optim

_FP32 = 4


def _make() -> tuple[type[optim.Optimizer], dict[str, Any]]:
    from transformers import Adafactor

    return Adafactor, {"scale_parameter": False, "relative_step": False}


def _state(trained: int, rank: int) -> Counted:
    return Counted(_FP32 * trained / rank, f"{times(trained, '4 B')} ÷ {rank}")


ADAFACTOR = Optimizer(
    key="adafactor",
    label=Text("optimizers.adafactor.label"),
    help=Text("optimizers.adafactor.help"),
    make=_make,
    state=_state,
    source="Shazeer and Stern 2018, Adafactor: sums of rows and columns instead of moments (https://arxiv.org/abs/1804.04235)",
    stored=0.02,
    moved=lambda _kind: 110.0,  # not fused, as measured
    copies=lambda _kind: 3,
    quality=Basis(0.99, "comparable results in less memory: Shazeer and Stern 2018, arXiv:1804.04235"),
)
