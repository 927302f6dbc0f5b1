"""Files of Arrow (.arrow, .feather; as a file or a stream): written as Parquet once, so that they are read within its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.readers.tables.arrow_values import is_usable
from engine.data.records.bounds import MB, check_disk, most_of

_FILE = b"ARROW1"
_ROWS = 65_536  # of a row group at most
_GROUP = 64 * MB  # bytes of one, about


def take_arrow(path: Path, target: Path) -> dict[str, Any]:
    """Write the rows to `target` and return what is to be known: {"unusable": {column: type}}.

    Raises:
        Fault: "data.table.too_much", "data.table.none", "data.import.disk_full"; what the library raises on damaged files.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    pa.set_cpu_count(1)
    schema, batches = _opened(path)
    unusable = {field.name: str(field.type)[:80] for field in schema if not is_usable(field.type)}
    kinds = [field for field in schema if field.name not in unusable]
    if not kinds:
        raise Fault("data.table.none")
    writer, most = None, most_of(path.stat().st_size)
    try:
        for batch in batches:
            part = batch.select([field.name for field in kinds])
            writer = writer or ParquetWriter(target, part.schema, compression="snappy")
            writer.write_batch(part, max(1, min(_ROWS, _GROUP * part.num_rows // max(1, part.nbytes))))
            check_disk(target.parent)
            if target.stat().st_size > most:
                raise Fault("data.table.too_much", limit_mb=most // MB)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise Fault("data.table.none")
    return {"unusable": unusable}


def _opened(path: Path) -> tuple[Any, Iterator[Any]]:
    import pyarrow as pa

    with path.open("rb") as file:
        whole = file.read(len(_FILE)) == _FILE
    source = pa.memory_map(str(path))
    if not whole:
        stream = pa.ipc.open_stream(source)
        return stream.schema, iter(stream)
    reader = pa.ipc.open_file(source)
    return reader.schema, (reader.get_batch(place) for place in range(reader.num_record_batches))
