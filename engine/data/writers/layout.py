"""Which columns an exported table has, and how a row becomes one of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.rows.row import Row, content_of
from engine.data.writers.card import HUB_SPLITS

Record = dict[str, Any]


class NotFit(Exception):
    """Raised for a row that the wanted columns cannot hold (several turns in a table of questions and answers ...)."""


@dataclass(frozen=True)
class ExportLayout:
    """One form of a table.

    Attributes:
        record: the record of a row; raises NotFit. Columns that a row lacks are missing from it.
        columns: every column, in order, as far as it is known without looking at the rows.
    """

    record: Callable[[Row], Record]
    columns: tuple[str, ...] = ()


def own_layout() -> ExportLayout:
    """Conversations as `messages`, texts as `text`, preferences as they are kept; then the extra fields."""

    def record(row: Row) -> Record:
        made = columns_of(row)
        for name, value in (row.get("extra") or {}).items():
            made[free_name(name, made)] = value
        return made

    return ExportLayout(record)


def columns_of(row: Row) -> Record:
    """What is trained on of a row, under names that an import knows: a column "weight" might be that of a parcel."""
    made = content_of(row)
    if "weight" in made:
        made["sample_weight"] = made.pop("weight")
    return made


def with_split(layout: ExportLayout, column: str | None) -> ExportLayout:
    """The same with each row's present part in the column that said it when the file was imported; in hubs' words."""
    if column is None or column not in layout.columns:
        return layout

    def record(row: Row) -> Record:
        made = {**layout.record(row), column: HUB_SPLITS[row["split"]]}
        return {name: made[name] for name in (*layout.columns, *made) if name in made}

    return ExportLayout(record, layout.columns)


def free_name(name: str, taken: Mapping[str, Any] | Sequence[str]) -> str:
    """`name`, or with a number behind it where that column is taken."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name} ({count})"
    return free


def records_of(layout: ExportLayout, rows: Iterator[Row], split_column: str | None) -> Iterator[Record]:
    """The records, with the split of each in a column of its own where one is wanted."""
    for row in rows:
        record = layout.record(row)
        if split_column is not None:
            record[split_column] = row["split"]
        yield record
