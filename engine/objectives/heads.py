"""What objectives have in common whose model says one number of a state: the setting of its head."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text

# fmt: off
HEAD_RATE = Param(
    key="head_rate", kind="float", default=1e-3, minimum=1e-8, maximum=10.0, scale="log",
    label=Text("objectives.heads.head_rate.label"),
    help=Text("objectives.heads.head_rate.help"),
    usual=Text("objectives.heads.head_rate.usual"),
)
