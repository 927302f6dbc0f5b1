"""The base in the precision that is trained in."""

from __future__ import annotations

from engine.base_formats.declaration import BaseFormat
from engine.core.formula import Basis
from engine.core.text import Text

AS_IS = BaseFormat(
    key="none",
    label=Text("Not quantised", "不量化"),
    help=Text("every weight stays as it is, 2 or 4 bytes each.", "每个权重保持原样，各占 2 或 4 字节。"),
    unpacking=0.0,
    quality=Basis(1.0, "the model as it is"),
)
