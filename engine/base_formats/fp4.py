"""FP4: floating-point numbers of 4 bits."""

from __future__ import annotations

from engine.base_formats.declaration import BaseFormat, runs_with_bitsandbytes
from engine.base_formats.four_bits import four_bits
from engine.base_formats.nf4 import ANSWERING
from engine.core.text import Text

FP4 = BaseFormat(
    key="fp4",
    label=Text("base_formats.fp4.label"),
    help=Text("base_formats.fp4.help"),
    packing=four_bits("fp4"),
    takes_double=True,
    answering=ANSWERING,
    not_on=runs_with_bitsandbytes,
)
