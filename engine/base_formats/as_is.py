"""The base in the precision that is trained in."""

from __future__ import annotations

from engine.base_formats.declaration import BaseFormat
from engine.core.formula import Basis
from engine.core.text import Text

AS_IS = BaseFormat(
    key="none",
    label=Text("base_formats.as_is.none.label"),
    help=Text("base_formats.as_is.none.help"),
    unpacking=0.0,
    quality=Basis(1.0, "the model as it is"),
)
