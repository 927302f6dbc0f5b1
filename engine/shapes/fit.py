"""What the pages see of whether a data set suits an objective and a base model."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from engine.core.shapes import CodedMessage, Said

WayName = Literal["model", "models", "operation", "objective"]
FitLevel = Literal["danger", "warn", "info"]


class WayOutView(TypedDict):
    """One tap that mends what was found."""

    do: WayName  # what it is
    key: str  # id of the model, key of the operation or the objective
    label: Said | str  # name of the model, the operation or the objective
    values: dict[str, Any]  # settings of the operation that are chosen already


class MisfitView(CodedMessage):
    """What does not fit: sentence `fit.<code>`."""

    level: FitLevel  # how much is lost
    ways: list[WayOutView]  # the best first


class FitView(TypedDict):
    """What of a data set does not fit."""

    findings: list[MisfitView]  # the worst first
    model: int | None  # the base model that was looked at; None where none is here
    working: bool  # rows are still being looked at: ask again
