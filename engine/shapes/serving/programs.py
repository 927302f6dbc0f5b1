"""What the pages see of programs that serve a model elsewhere."""

from __future__ import annotations

from typing import Any, TypedDict

from engine.core.shapes import Said
from engine.shapes.exports.made import UseStep


class ServingWayView(TypedDict):
    """A form of the model that the program takes."""

    form: str  # key of the form
    label: Said  # its name
    about: Said  # what is good about it
    params: dict[str, Any]  # settings of the form that suit
    reason: Said | None  # why the model cannot be served so
    made: bool  # such an export is there
    lines: list[UseStep]  # what to do, in order


class ServingProgramView(TypedDict):
    """A program with its commands for one model."""

    key: str  # of the program
    label: Said  # its name
    help: Said  # when to choose it
    address: str  # of its API, once it runs
    source: str  # address of its documents
    keyed: bool  # clients must send a key
    ways: list[ServingWayView]  # the best one first
