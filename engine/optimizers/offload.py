"""What of an optimizer waits in RAM between two updates: one frozen value that form, memory, time and training derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.devices.declaration import DeviceKind


@dataclass(frozen=True)
class Offload:
    """One choice of what lies in RAM.

    Attributes:
        key: name in specs and in the database.
        label, help: as the form shows them.
        state: the optimizer's state does.
        gradients: gradients do, from the moment that they are complete.
        not_on: (kind of device) -> why it does not work there; None where it does.
    """

    key: str
    label: Text
    help: Text
    state: bool = False
    gradients: bool = False
    not_on: Callable[[DeviceKind], Text | None] = lambda _kind: None


def _from_a_card(kind: DeviceKind) -> Text | None:
    return None if kind.accelerator else Text("optimizers.offload.not_on")


NOTHING = Offload("none", Text("optimizers.offload.none.label"), Text("optimizers.offload.none.help"))
STATE = Offload(
    "state",
    Text("optimizers.offload.state.label"),
    Text("optimizers.offload.state.help"),
    state=True,
    not_on=_from_a_card,
)
GRADIENTS = Offload(
    "gradients",
    Text("optimizers.offload.gradients.label"),
    Text("optimizers.offload.gradients.help"),
    state=True,
    gradients=True,
    not_on=_from_a_card,
)
OFFLOADS: tuple[Offload, ...] = (NOTHING, STATE, GRADIENTS)
SETTING = "offload"


def offload(training: Mapping[str, Any]) -> Offload:
    """The one that settings of training name; jobs from before it could be chosen do not. Raises Fault("optimizer.offload_unknown")."""
    key = training.get(SETTING, NOTHING.key)
    for one in OFFLOADS:
        if one.key == key:
            return one
    raise Fault("optimizer.offload_unknown", key=key, known=[one.key for one in OFFLOADS])
