"""Records into a file, one at a time: JSONL, CSV and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.cells import END_MARK, disarmed
from engine.data.writers.layout import Record
from engine.data.writers.survey import TURNS, ColumnSurvey

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, ColumnSurvey]
Cell = Callable[[Any], str]
_GROUP_ROWS, _GROUP_CHARACTERS = 10_000, 32_000_000  # of a row group of Parquet: what is held in memory


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_jsonl(path: Path, records: Iterable[Record]) -> None:
    """One JSON object a line, UTF-8. Columns that a row lacks are left out."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(_json(record) + "\n")


def write_csv(
    path: Path, records: Iterable[Record], columns: Columns, *, bom: bool = False, safe: bool = False
) -> None:
    """A head, then rows, every cell in quotes, separated by commas; lists as JSON text.

    Args:
        bom: begin with a byte order mark, by which Excel knows UTF-8.
        safe: put an apostrophe before texts that a spreadsheet would run as a formula, and the mark by which our reader takes it off.
    """
    cell: Cell = _safe_cell if safe else _cell
    names = list(columns)
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL)  # RFC 4180; no cell is taken for a mark
        writer.writerow([cell(name) for name in names])
        for record in records:
            writer.writerow([cell(record.get(name)) for name in names])
        if safe:
            file.write(END_MARK)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    return str(value).lower() if isinstance(value, bool) else _json(value)


def _safe_cell(value: Any) -> str:
    return disarmed(value) if isinstance(value, str) else _cell(value)


def write_parquet(path: Path, records: Iterable[Record], columns: Columns) -> None:
    """Typed columns; a column whose values have no type in common is one of texts."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([pa.field(name, _arrow_type(column.type)) for name, column in columns.items()])
    with ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(records):
            arrays = [
                pa.array([_typed(record.get(name), column.type) for record in group], schema.field(place).type)
                for place, (name, column) in enumerate(columns.items())
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def _groups(records: Iterable[Record]) -> Iterator[list[Record]]:
    records = iter(records)
    for first in records:
        group: list[Record] = []
        size = 0
        for record in chain([first], records):
            group.append(record)
            size += sum(_length(value) for value in record.values())
            if len(group) >= _GROUP_ROWS or size >= _GROUP_CHARACTERS:
                break
        yield group


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return sum(map(_length, value)) if isinstance(value, list) else 8


def _typed(value: Any, type_: str) -> Any:
    if value is None:
        return None
    if type_ == "text":
        return _cell(value)
    return float(value) if type_ == "float" else value


def _arrow_type(type_: str) -> pa.DataType:
    import pyarrow as pa

    if names := TURNS.get(type_):
        return pa.list_(pa.struct([(name, pa.string()) for name in names]))
    return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}.get(type_, pa.string())
