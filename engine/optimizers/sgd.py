"""Stochastic gradient descent without momentum: no state at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.formula import Counted, times
from engine.core.text import Text
from engine.optimizers.declaration import Optimizer

if TYPE_CHECKING:
    from torch import optim


def _make() -> tuple[type[optim.Optimizer], dict[str, Any]]:
    from torch.optim import SGD

    return SGD, {}


SGD = Optimizer(
    key="sgd",
    label=Text("optimizers.sgd.label"),
    help=Text("optimizers.sgd.help"),
    make=_make,
    state=lambda trained, _rank: Counted(0.0, times(trained, "0 B")),
    source="Robbins and Monro 1951, A Stochastic Approximation Method (doi:10.1214/aoms/1177729586)",
    stored=0.0,
    moved=lambda _kind: 24.0,
)
