"""What can be chosen when a version of a data set is taken away."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text, verbatim
from engine.data.writers.card import LICENCES

PARAMS = (
    Param(
        key="format",
        kind="choice",
        default="jsonl",
        label=Text("data.writers.settings.format.label"),
        help=Text("data.writers.settings.format.help"),
        choices={
            "jsonl": Text("data.writers.settings.format.choices.jsonl"),
            "csv": Text("data.writers.settings.format.choices.csv"),
            "parquet": Text("data.writers.settings.format.choices.parquet"),
            "hub": Text("data.writers.settings.format.choices.hub"),
        },
        advanced=False,
    ),
    Param(
        key="form",
        kind="choice",
        default="original",
        label=Text("data.writers.settings.form.label"),
        help=Text("data.writers.settings.form.help"),
        choices={
            "original": Text("data.writers.settings.form.choices.original"),
            "own": Text("data.writers.settings.form.choices.own"),
        },
        advanced=False,
    ),
    Param(
        key="part",
        kind="choice",
        default="all",
        label=Text("data.writers.settings.part.label"),
        help=Text("data.writers.settings.part.help"),
        choices={
            "all": Text("data.writers.settings.part.choices.all"),
            "train": Text("data.writers.settings.part.choices.train"),
            "val": Text("data.writers.settings.part.choices.val"),
            "test": Text("data.writers.settings.part.choices.test"),
        },
        advanced=False,
    ),
    Param(
        key="split_column",
        kind="bool",
        default=False,
        label=Text("data.writers.settings.split_column.label"),
        help=Text("data.writers.settings.split_column.help"),
    ),
    Param(
        key="safe",
        kind="bool",
        default=True,
        label=Text("data.writers.settings.safe.label"),
        help=Text("data.writers.settings.safe.help"),
    ),
    Param(
        key="bom",
        kind="bool",
        default=False,
        label=Text("data.writers.settings.bom.label"),
        help=Text("data.writers.settings.bom.help"),
    ),
    Param(
        key="licence",
        kind="choice",
        default="unknown",
        label=Text("data.writers.settings.licence.label"),
        help=Text("data.writers.settings.licence.help"),
        choices={key: verbatim(key) for key in LICENCES}
        | {"unknown": Text("data.writers.settings.licence.choices.unknown")},
        advanced=False,
    ),
)
