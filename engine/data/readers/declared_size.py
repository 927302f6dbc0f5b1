"""How much a file says that it holds, told without reading it. It need not be true."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.errors import Fault
from engine.data.readers.parquet_reader import open_parquet
from engine.data.readers.source_file import SourceFile
from engine.data.readers.tables.take import ARROW
from engine.data.records.zip_files import open_zip


@dataclass(frozen=True, slots=True)
class DeclaredSize:
    """What there is to read."""

    bytes: int  # unpacked, as far as that is declared
    rows: int = 0  # 0 where the format does not say


def declared_size(file: SourceFile) -> DeclaredSize:
    """Of a file that is there. What is wrong with it says whoever reads it."""
    size = file.path.stat().st_size
    try:
        if file.format in ("parquet", ARROW):
            meta = open_parquet(file.path).metadata
            groups = range(meta.num_row_groups)
            return DeclaredSize(max(size, sum(meta.row_group(at).total_byte_size for at in groups)), meta.num_rows)
        if file.format == "xlsx":
            with open_zip(file.path) as package:
                return DeclaredSize(max(size, sum(part.file_size for part in package.infolist())))
    except Fault:
        pass
    return DeclaredSize(size)
