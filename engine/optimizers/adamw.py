"""AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101), fused: one kernel for all parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.formula import Basis, Counted, times
from engine.core.text import Text
from engine.optimizers.declaration import Optimizer

if TYPE_CHECKING:
    from torch import optim

_MOMENTS = 8  # bytes: two moments in fp32


def _make() -> tuple[type[optim.Optimizer], dict[str, Any]]:
    from torch.optim import AdamW

    return AdamW, {"fused": True}


ADAMW = Optimizer(
    key="adamw_torch_fused",
    label=Text("optimizers.adamw.adamw_torch_fused.label"),
    help=Text("optimizers.adamw.adamw_torch_fused.help"),
    make=_make,
    state=lambda trained, _rank: Counted(float(_MOMENTS * trained), times(trained, f"{_MOMENTS} B")),
    source="Rajbhandari et al. 2020, ZeRO, section 3.1: Adam's two moments 8 bytes a trained number in fp32 "
    "(https://arxiv.org/abs/1910.02054)",
    stored=2.0,
    moments=2,
    moved=lambda _kind: 44.0,  # 28 (weight, gradient, two moments), clipping, clearing ...
    adamw=True,
    quality=Basis(1.0, "Loshchilov and Hutter 2017, arXiv:1711.05101"),
)
