"""AdamW with its two moments in 8 bits (Dettmers et al. 2021, arXiv:2110.02861), from bitsandbytes; also in pages of unified memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.formula import Basis, Counted, times
from engine.core.text import Text
from engine.devices.declaration import DeviceKind
from engine.optimizers.declaration import Optimizer

if TYPE_CHECKING:
    from torch import optim

_EACH = 2 + 2 * 4 / 256  # bytes: two moments in 8 bits, and a scale in fp32 for each block of 256 of them


def _make() -> tuple[type[optim.Optimizer], dict[str, Any]]:
    from bitsandbytes.optim import AdamW8bit

    return AdamW8bit, {}


def _make_paged() -> tuple[type[optim.Optimizer], dict[str, Any]]:
    from bitsandbytes.optim import PagedAdamW8bit

    return PagedAdamW8bit, {}


def _moved(kind: DeviceKind) -> float:
    """One kernel on a GPU: weight, gradient, moments, clipping, clearing. On a processor several passes, as measured."""
    return 32.0 if kind.accelerator else 300.0


def _copies(kind: DeviceKind) -> int:
    """On a processor, both moments, the gradient and the denominator are whole in fp32."""
    return 0 if kind.accelerator else 5


def _needs_unified_memory(kind: DeviceKind) -> Text | None:
    return None if kind.unified else Text("optimizers.adamw_8bit.paged.not_on")


ADAMW_8BIT = Optimizer(
    key="adamw_8bit",
    label=Text("optimizers.adamw_8bit.plain.label"),
    help=Text("optimizers.adamw_8bit.plain.help"),
    make=_make,
    state=lambda trained, _rank: Counted(_EACH * trained, times(trained, f"{_EACH:g} B")),
    source="Dettmers et al. 2021, 8-bit Optimizers via Block-wise Quantization (https://arxiv.org/abs/2110.02861)",
    stored=_EACH / 4,
    moved=_moved,
    copies=_copies,
    adamw=True,
    quality=Basis(0.998, "same results as 32 bits on all their tasks: Dettmers et al. 2021, arXiv:2110.02861, table 1"),
    not_on=lambda kind: kind.no_quantisation,
)
PAGED_ADAMW_8BIT = replace(
    ADAMW_8BIT,
    key="paged_adamw_8bit",
    label=Text("optimizers.adamw_8bit.paged.label"),
    help=Text("optimizers.adamw_8bit.paged.help"),
    make=_make_paged,
    source="Dettmers et al. 2023, QLoRA, section 3: paged optimizers (https://arxiv.org/abs/2305.14314)",
    paged=True,
    quality=None,
    not_on=_needs_unified_memory,
)
