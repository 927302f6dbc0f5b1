"""Settings that several operations share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.shaping.row_table import ANSWER, FILE

PERCENT = Text("data.operations.shaping.settings.percent")
ROWS = Text("data.operations.shaping.settings.rows")

SEED = Param(
    "seed",
    "int",
    None,
    Text("data.operations.shaping.settings.seed.label"),
    Text("data.operations.shaping.settings.seed.help"),
    minimum=0,
    maximum=2**31 - 1,
    optional=True,
)
VAL = Param(
    "val",
    "float",
    10.0,
    Text("data.operations.shaping.settings.val.label"),
    Text("data.operations.shaping.settings.val.help"),
    usual=Text("data.operations.shaping.settings.val.usual"),
    minimum=0,
    maximum=90,
    unit=PERCENT,
    advanced=False,
)
TEST = Param(
    "test",
    "float",
    0.0,
    Text("data.operations.shaping.settings.test.label"),
    Text("data.operations.shaping.settings.test.help"),
    usual=Text("data.operations.shaping.settings.test.usual"),
    minimum=0,
    maximum=90,
    unit=PERCENT,
    advanced=False,
)
NEAREST = Param(
    "nearest",
    "bool",
    False,
    Text("data.operations.shaping.settings.nearest.label"),
    Text("data.operations.shaping.settings.nearest.help"),
)


def column(label: Text, help_: Text, *, or_answer: bool = False) -> Param:
    """A column of the data set's rows; with `or_answer`, also the answer itself (which is the default) or the file."""
    choices = {
        ANSWER: Text("data.operations.shaping.settings.column.choices.answer"),
        FILE: Text("data.operations.shaping.settings.column.choices.file"),
    }
    return Param(
        "column",
        "choice",
        ANSWER if or_answer else None,
        label,
        help_,
        choices=choices if or_answer else {},
        source="column",
        advanced=False,
    )


def dataset(label: Text, help_: Text) -> Param:
    """Another data set."""
    return Param("dataset", "choice", None, label, help_, source="dataset", advanced=False)


def share(label: Text, help_: Text, default: float, most: float = 100) -> Param:
    """A share of the training rows, in percent."""
    return Param(
        "share", "float", default, label, help_, minimum=0.1, maximum=most, unit=PERCENT, advanced=False
    )  # fmt: skip


def fraction(values: Mapping[str, Any], key: str) -> float:
    """A percentage as a fraction of 1."""
    return float(values[key]) / 100


def repeats(minimum: int) -> Param:
    """How often one row may stand in the new version."""
    return Param(
        "repeats",
        "int",
        10,
        Text("data.operations.shaping.settings.repeats.label"),
        Text("data.operations.shaping.settings.repeats.help"),
        usual=Text("data.operations.shaping.settings.repeats.usual"),
        minimum=minimum,
        maximum=1000,
        unit=Text("data.operations.shaping.settings.repeats.unit"),
    )
