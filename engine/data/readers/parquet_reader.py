"""Parquet: typed columns, read in small batches. Damage and types without meaning here are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.data.readers.parquet_absent import without_absent
from engine.data.readers.parquet_pages import PageHead, PagesDamaged, pages
from engine.data.readers.parquet_weight import weight
from engine.data.readers.tables.arrow_values import handy, is_usable, needs_texts, python_rows, with_texts
from engine.data.records.bounds import (
    BATCH_BYTES,
    MAX_FIXED,
    MAX_GROUP_MB,
    MAX_GROUP_VALUES,
    MAX_RATIO,
    MAX_ROW_BYTES,
    MAX_ROWS,
    MB,
    OverBounds,
    ReadingBudget,
    check_columns,
)
from engine.data.records.record import MAX_RAW, Record, Rejected, show

if TYPE_CHECKING:
    from pyarrow import Field, RecordBatch
    from pyarrow.parquet import ParquetFile

_BATCH_ROWS = 1_024
_MARK = b"PAR1"
_SMALL_GROUP = 64 * MB  # bytes that a column may unpack to however well it was packed


def open_parquet(path: Path) -> ParquetFile:
    """The file's reader, once its frame and size were checked.

    Raises:
        Fault: "data.parquet.truncated", "data.parquet.damaged", "data.parquet.too_large",
            "data.parquet.empty", "data.parquet.doubled_column", "data.bounds.columns".
    """
    with path.open("rb") as raw:
        raw.seek(max(0, path.stat().st_size - 4))
        if raw.read() != _MARK:
            raise Fault("data.parquet.truncated")
    file = _opened(path)
    _check_size(file)
    return file


def _opened(path: Path, texts_by_place: list[str] | None = None) -> ParquetFile:
    """`texts_by_place`: leaves whose texts are handed on as places in a dictionary, each text once."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(path, read_dictionary=texts_by_place)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Fault("data.parquet.damaged", detail=show(str(error))) from error


def _check_size(file: ParquetFile) -> None:
    meta = file.metadata
    check_columns(meta.num_columns)
    names = file.schema_arrow.names
    if not meta.num_rows or not names:
        raise Fault("data.parquet.empty")
    if len(set(names)) < len(names):
        raise Fault("data.parquet.doubled_column", column=show(next(n for n in names if names.count(n) > 1)))
    largest = max(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) // MB
    if largest > MAX_GROUP_MB or meta.num_rows > MAX_ROWS:
        raise Fault("data.parquet.too_large", mb=largest, limit=MAX_GROUP_MB, rows=meta.num_rows, most=MAX_ROWS)


def unusable_columns(file: ParquetFile) -> dict[str, str]:
    """Columns of a type that holds neither text nor turns (bytes, intervals ...): name -> type."""
    return {field.name: str(field.type)[:80] for field in file.schema_arrow if not is_usable(field.type)}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What a row group holds of one column (of its innermost values)."""

    path: str
    unpacked: int  # bytes
    packed: int  # bytes
    values: int
    dictionary: int  # bytes of the texts that its values refer to
    largest: int  # bytes of its largest page
    prefixed: bool  # a text may begin as the one before it, which is then not written again
    nested: bool  # in lists

    def may_multiply(self) -> bool:
        """Whether a batch of its texts could be far larger than what the file holds."""
        return self.dictionary * (self.values if self.nested else _BATCH_ROWS) > _SMALL_GROUP


def _leaves(path: Path, file: ParquetFile, group: int, budget: ReadingBudget) -> Iterator[_Leaf]:
    """The columns of a row group by the heads of their pages; nothing of it was unpacked yet."""
    meta = file.metadata.row_group(group)
    with path.open("rb") as raw:
        for place in range(meta.num_columns):
            chunk = meta.column(place)
            starts = [at for at in (chunk.dictionary_page_offset, chunk.data_page_offset) if at]
            found = pages(raw, min(starts, default=0), chunk.total_compressed_size, budget.heed)
            yield _leaf(chunk, found, file.schema.column(place).max_repetition_level > 0)


def _leaf(chunk: Any, found: Iterator[PageHead], nested: bool) -> _Leaf:
    unpacked = packed = values = dictionary = largest = 0
    for page in found:
        unpacked, packed, largest = unpacked + page.unpacked, packed + page.packed, max(largest, page.unpacked)
        if page.dictionary:
            dictionary = max(dictionary, page.unpacked)
        else:
            values += page.values
    prefixed = "DELTA_BYTE_ARRAY" in chunk.encodings
    return _Leaf(chunk.path_in_schema, unpacked, packed, values, dictionary, largest, prefixed, nested)


def _check_group(leaves: list[_Leaf], row: int) -> None:
    """Raises OverBounds where a row group (its first row is `row`) unpacks to more than is taken at once."""
    total = sum(leaf.unpacked for leaf in leaves)
    if total > MAX_GROUP_MB * MB:
        raise OverBounds("data.bounds.group", row=row, mb=total // MB, limit=MAX_GROUP_MB)
    for leaf in leaves:
        if leaf.unpacked > max(_SMALL_GROUP, MAX_RATIO * leaf.packed):
            ratio = leaf.unpacked // max(1, leaf.packed)
            raise OverBounds("data.bounds.ratio", row=row, column=show(leaf.path), ratio=ratio, limit=MAX_RATIO)
        if leaf.values > MAX_GROUP_VALUES:
            params = {"column": show(leaf.path), "found": leaf.values, "limit": MAX_GROUP_VALUES}
            raise OverBounds("data.bounds.group_values", row=row, **params)
        if leaf.prefixed and leaf.nested and leaf.values * leaf.largest > MAX_GROUP_MB * MB:
            raise OverBounds("data.bounds.prefixed", column=show(leaf.path))


def _check_fixed(file: ParquetFile) -> None:
    """Values of fixed length are not kept as places in a dictionary, so one of them must not be large."""
    for place in range(len(file.schema)):
        column = file.schema.column(place)
        if column.length > MAX_FIXED:
            raise OverBounds("data.bounds.fixed", column=show(column.path), bytes=column.length, limit=MAX_FIXED)


def read_parquet(path: Path, budget: ReadingBudget) -> Iterator[Record | Rejected]:
    """Each row; `line` is None, for there are no lines."""
    import pyarrow as pa

    file = open_parquet(path)
    _check_fixed(file)
    unusable = unusable_columns(file)
    kinds = [field for field in file.schema_arrow if field.name not in unusable]
    row, readers = 0, _Readers(path, file)
    try:
        for group in range(file.num_row_groups):
            leaves = list(_leaves(path, file, group, budget))
            _check_group(leaves, row + 1)
            for item in _group(readers.having(leaves), group, leaves, kinds, row, budget):
                row += 1
                yield item
    except (pa.ArrowException, OSError, PagesDamaged, ValueError) as error:
        lost = file.metadata.num_rows - row
        yield Rejected("data.parquet.rows_lost", row + 1, params={"lost": lost, "detail": show(str(error))})


class _Readers:
    """The file, opened once for each set of columns whose texts must not be made before they were weighed."""

    def __init__(self, path: Path, file: ParquetFile) -> None:
        self._path, self._file = path, file
        self._known: dict[tuple[str, ...], ParquetFile] = {(): file}

    def having(self, leaves: list[_Leaf]) -> ParquetFile:
        """The one for such a row group."""
        by_place = tuple(
            leaf.path
            for place, leaf in enumerate(leaves)
            if self._file.schema.column(place).physical_type == "BYTE_ARRAY" and leaf.may_multiply()
        )
        if by_place not in self._known:
            self._known[by_place] = _opened(self._path, list(by_place))
        return self._known[by_place]


def _group(
    file: ParquetFile, group: int, leaves: list[_Leaf], kinds: list[Field], row: int, budget: ReadingBudget
) -> Iterator[Record | Rejected]:
    columns = [kind.name for kind in kinds]
    rows = _rows_at_once(leaves, file.metadata.row_group(group).num_rows)
    for batch in file.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False):
        for part in _light(batch, budget):
            for item in _made(part, kinds, row, budget):
                row += 1
                yield item


def _rows_at_once(leaves: list[_Leaf], rows: int) -> int:
    """Of a batch: more where they are small, and few where a text may be far longer than what is written of it."""
    usual = min(_BATCH_ROWS, max(1, _SMALL_GROUP * rows // max(1, sum(leaf.unpacked for leaf in leaves))))
    return min([usual, *(max(1, _SMALL_GROUP // max(1, leaf.largest)) for leaf in leaves if leaf.prefixed)])


def _light(batch: RecordBatch, budget: ReadingBudget) -> Iterator[RecordBatch]:
    """The batch in parts that are not too much at once, or that are one row."""
    budget.heed()
    if batch.num_rows < 2 or weight(batch) <= BATCH_BYTES:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _light(batch.slice(0, half), budget)
    yield from _light(batch.slice(half), budget)


def _made(part: RecordBatch, kinds: list[Field], row: int, budget: ReadingBudget) -> Iterator[Record | Rejected]:
    size = weight(part)
    if size > MAX_ROW_BYTES:
        yield Rejected("data.bounds.row", row + 1, params={"mb": size // MB, "limit": MAX_ROW_BYTES // MB})
        return
    budget.made(size, row + 1)
    yield from _records(handy(part, kinds), [kind.name for kind in kinds if needs_texts(kind.type)], row)


def _records(batch: RecordBatch, texts: list[str], row: int) -> Iterator[Record | Rejected]:
    """All rows at once, or where that fails each for itself; `texts`: columns whose values become texts."""
    present = without_absent(batch.schema)
    try:
        found = python_rows(batch)
    except (ValueError, OverflowError, KeyError):
        yield from (_record(batch.slice(index, 1), texts, row + index + 1, present) for index in range(batch.num_rows))
        return
    for place, values in enumerate(map(present, found), row + 1):
        if texts:
            with_texts(values, texts)
        yield Record(place, None, values, show(values, MAX_RAW))


def _record(
    one: RecordBatch, texts: list[str], row: int, present: Callable[[dict[str, Any]], dict[str, Any]]
) -> Record | Rejected:
    try:
        values = present(python_rows(one)[0])
    except (ValueError, OverflowError, KeyError) as error:
        return Rejected("data.parquet.bad_value", row, params={"detail": show(str(error))})
    with_texts(values, texts)
    return Record(row, None, values, show(values, MAX_RAW))
