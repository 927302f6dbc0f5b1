"""Settings that several rewards have."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text

# fmt: off
MEMBER = Param(
    key="member", kind="text", default=None, optional=True,
    label=Text("rewards.shared_params.member.label"),
    help=Text("rewards.shared_params.member.help"),
)
INSIDE = Param(
    key="inside", kind="text", default=None, optional=True,
    label=Text("rewards.shared_params.inside.label"),
    help=Text("rewards.shared_params.inside.help"),
)
# fmt: on
