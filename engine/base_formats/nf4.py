"""NF4 (Dettmers et al. 2023, QLoRA, arXiv:2305.14314): 16 values that suit weights with a normal distribution."""

from __future__ import annotations

from engine.base_formats.declaration import BaseFormat, ChatFormat, runs_with_bitsandbytes
from engine.base_formats.four_bits import four_bits
from engine.core.formula import Basis
from engine.core.text import Text

ANSWERING = ChatFormat("nf4", 0.516)  # 4 bits and the scales

NF4 = BaseFormat(
    key="nf4",
    label=Text("base_formats.nf4.label"),
    help=Text("base_formats.nf4.help"),
    packing=four_bits("nf4"),
    takes_double=True,
    answering=ANSWERING,
    quality=Basis(
        0.99, "NF4 reaches 16 bits after training: Dettmers et al. 2023, arXiv:2305.14314; 6.07 to 6.24 before, docs/methods.md"
    ),
    not_on=runs_with_bitsandbytes,
)  # fmt: skip
