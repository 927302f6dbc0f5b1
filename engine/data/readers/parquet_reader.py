"""Parquet: typed columns, read in small batches. Damage and types without meaning here are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.data.records.record import MAX_RAW, Record, Rejected, show

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

_BATCH_ROWS = 64
MAX_ROW_GROUP_MB = 512
MAX_ROWS = 20_000_000
_MARK = b"PAR1"


def open_parquet(path: Path) -> ParquetFile:
    """The file's reader, once its frame and size were checked.

    Raises:
        Fault: "data.parquet.truncated", "data.parquet.damaged", "data.parquet.too_large",
            "data.parquet.empty", "data.parquet.doubled_column".
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with path.open("rb") as raw:
        raw.seek(max(0, path.stat().st_size - 4))
        if raw.read() != _MARK:
            raise Fault("data.parquet.truncated")
    try:
        file = ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Fault("data.parquet.damaged", detail=show(str(error))) from error
    _check_size(file)
    return file


def _check_size(file: ParquetFile) -> None:
    meta = file.metadata
    names = file.schema_arrow.names
    if not meta.num_rows or not names:
        raise Fault("data.parquet.empty")
    if len(set(names)) < len(names):
        raise Fault("data.parquet.doubled_column", column=show(next(n for n in names if names.count(n) > 1)))
    largest = max(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) // 2**20
    if largest > MAX_ROW_GROUP_MB or meta.num_rows > MAX_ROWS:
        raise Fault("data.parquet.too_large", mb=largest, limit=MAX_ROW_GROUP_MB, rows=meta.num_rows, most=MAX_ROWS)


def unusable_columns(file: ParquetFile) -> dict[str, str]:
    """Columns of a type that holds neither text nor turns (maps, bytes, times ...): name -> type."""
    return {field.name: str(field.type)[:80] for field in file.schema_arrow if not _usable(field.type)}


def _usable(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _usable(kind.value_type)
    tests = (
        types.is_string, types.is_large_string, types.is_list, types.is_large_list, types.is_struct,
        types.is_boolean, types.is_integer, types.is_floating, types.is_null,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def read_parquet(path: Path) -> Iterator[Record | Rejected]:
    """Each row; `line` is None, for there are no lines."""
    import pyarrow as pa

    file = open_parquet(path)
    unusable = unusable_columns(file)
    columns = [name for name in file.schema_arrow.names if name not in unusable]
    row = 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns, use_threads=False):
            for index in range(batch.num_rows):
                row += 1
                yield _record(batch.slice(index, 1), row)
    except (pa.ArrowException, OSError, ValueError) as error:
        lost = file.metadata.num_rows - row
        yield Rejected("data.parquet.rows_lost", row + 1, params={"lost": lost, "detail": show(str(error))})


def _record(one: RecordBatch, row: int) -> Record | Rejected:
    try:
        values = one.to_pylist()[0]
    except (ValueError, OverflowError) as error:
        return Rejected("data.parquet.bad_value", row, params={"detail": show(str(error))})
    return Record(row, None, values, show(values, MAX_RAW))
