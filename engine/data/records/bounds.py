"""How much a file may be and unpack to: every bound is declared here, once, and readers spend from it while they read.

What a file says of itself (rows, sizes) is looked at first, but need not be true. So a `ReadingBudget` counts what is really made,
and ends the reading with a sentence once it is too much.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, AnyStr, Generic

from engine.core.errors import Fault

MB = 2**20

# One value and one row
MAX_FIELD = 1_000_000  # characters in one text
MAX_ROW = 4_000_000  # characters in one row of the file
MAX_ROW_LINES = 200_000  # that a row of a CSV file may run over
MAX_READ_TWICE = 10_000_000  # characters of a file, behind what was opened and never closed
MAX_ROW_BYTES = 4 * MAX_ROW  # that a row of typed values may weigh
MAX_DEPTH = 100  # of lists and objects within each other, in a column that is learnt
MAX_ROW_DEPTH = 400  # and in a whole row
MAX_COLUMNS = 10_000  # of a table, and fields of one object

# One data set
MAX_ROWS = 20_000_000
MAX_CELLS = 500_000_000
MAX_RATIO = 200  # unpacked bytes for one packed byte; text packs to a tenth, a bomb to a thousandth
PLENTY = 1_024 * MB  # a file may unpack to so much whatever its own size
MAX_UNPACKED = 16 * PLENTY  # and never to more

# Archives and Office packages, which are ZIP files
MAX_MEMBERS = 2_000
MAX_DIRECTORY = 4 * MB  # bytes of an archive's table of contents
SMALL_MEMBER = 10 * MB  # below this nobody is hurt, whatever the ratio
MAX_XZ_MEMORY = 128 * MB  # that unpacking a file of XZ may ask for
MAX_TABLES = 100  # of a database or a page that can be chosen from
MAX_SPAN = 16_384  # cells that one may stand for, and columns of a sheet
MAX_PACKAGE = 1_024 * MB  # of an Office file, all parts together
MAX_SHEETS = 1_000
MAX_TEXTS_MB = 256  # of the part with the texts of all cells
MAX_PART_MB = 64  # of every other part that is held in memory: styles, names ...
MAX_SHEET_ROWS = 1_048_576
MAX_STEP = 8 * MB  # of XML that make one row of a sheet, or one text
MAX_MERGES = 100_000  # areas of a sheet
MAX_DOCUMENT_MB = 128  # of a Word file's text with its marks
MAX_PAGES = 20_000  # of a PDF file
DOCUMENT_SECONDS = 600.0  # for all documents of an upload; none takes more than half of what is left
DOCUMENT_MEMORY = 3 * 2**30  # bytes of addresses that the process which reads them may have

# Parquet
MAX_GROUP_MB = 512  # of one row group, all columns together
MAX_GROUP_VALUES = 32_000_000  # of one column in one row group, in lists too
MAX_FIXED = 65_536  # bytes of a value of fixed length
BATCH_BYTES = 8 * MB  # that are made into Python's values at once

# What is done while somebody waits; beyond it a job goes on
AT_ONCE_BYTES = 16_000_000  # of the files of an import
AT_ONCE_ROWS = 20_000  # that a file declares
AT_ONCE_SECONDS = 2.0  # of an import, of looking at an upload, of a preview
LOOK_BYTES = 32 * MB  # of a text that are looked at for its encoding and its form

SPARE_DISK = 200 * MB  # that must stay free while files are written
HEED_EVERY = 64  # rows


def most_of(size: int) -> int:
    """Bytes that may be made of a file of so many."""
    return min(MAX_UNPACKED, max(PLENTY, MAX_RATIO * size))


class OverBounds(Fault):
    """A file is more than is taken. Nothing of it stays."""


class Later(Exception):
    """What is asked takes longer than a request may: a job has to do it."""


class ReadingBudget:
    """What reading a data set may still take. One for all its files.

    Args:
        seconds: after these `Later` is raised; None: as long as it takes.
        heed: is called now and then; what it raises ends the reading.
    """

    def __init__(self, seconds: float | None = None, heed: Callable[[], None] | None = None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._heed = heed
        self._file, self._row, self._limit = "", 0, float(MAX_UNPACKED)
        self._rows = self._cells = self._made = 0

    def open(self, name: str, size: int) -> None:
        """From now on a file of that name is read, which has `size` bytes."""
        self._file, self._row, self._made = name, 0, 0
        self._limit = most_of(size)

    def left(self) -> float | None:
        """Seconds until `Later`; None where nobody waits."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def heed(self) -> None:
        """Raises Later when the time is over, or whatever ends the reading."""
        if self._heed is not None:
            self._heed()
        if self._until is not None and time.monotonic() > self._until:
            raise Later

    @property
    def size(self) -> int:
        """Bytes that were made out of the file so far, where it is one that unpacks."""
        return self._made

    def rows(self, count: int, cells: int) -> None:
        """So many more rows of the file, with so many values.

        Raises:
            OverBounds: "data.bounds.rows", "data.bounds.cells".
        """
        self._row += count
        self._rows += count
        self._cells += cells
        if self._rows > MAX_ROWS:
            raise OverBounds("data.bounds.rows", file=self._file, row=self._row, limit=MAX_ROWS)
        if self._cells > MAX_CELLS:
            raise OverBounds("data.bounds.cells", file=self._file, row=self._row, limit=MAX_CELLS)
        self.heed()

    def made(self, size: int, row: int) -> None:
        """So many more bytes were made out of the file, from a row on. Raises OverBounds("data.bounds.unpacked")."""
        self._made += size
        if self._made > self._limit:
            params = {"row": row, "limit_mb": round(self._limit / MB), "ratio": MAX_RATIO}
            raise OverBounds("data.bounds.unpacked", file=self._file, **params)


class Watched(Generic[AnyStr]):
    """A file that is read in pieces: each piece heeds the budget.

    Args:
        step: so many bytes may be read until `forget` is called; 0: any number.
        most: then the file seems to end; 0: where it does.
    """

    def __init__(self, file: IO[AnyStr], budget: ReadingBudget, *, step: int = 0, most: int = 0) -> None:
        self._file: IO[AnyStr] = file
        self._budget, self._step, self._most = budget, step, most
        self._since = self._read = 0

    def read(self, size: int = -1) -> AnyStr:
        """As of a file. Raises OverBounds("data.bounds.step")."""
        self._budget.heed()
        data = self._file.read(0 if self._most and self._read > self._most else size)
        self._since += len(data)
        self._read += len(data)
        if self._step and self._since > self._step:
            raise OverBounds("data.bounds.step", mb=self._step // MB)
        return data

    def forget(self) -> None:
        """What was read so far was one whole thing."""
        self._since = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Watched[AnyStr]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def check_columns(count: int) -> None:
    """Raises OverBounds("data.bounds.columns")."""
    if count > MAX_COLUMNS:
        raise OverBounds("data.bounds.columns", found=count, limit=MAX_COLUMNS)


def is_too_deep(value: object, limit: int = MAX_ROW_DEPTH) -> bool:
    """Whether lists and objects lie in each other more than `limit` times."""
    level = [value]
    for _depth in range(limit + 1):
        level = [
            inner
            for one in level
            if isinstance(one, (list, dict))
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (list, dict))
        ]
        if not level:
            return False
    return True


def check_disk(folder: Path) -> None:
    """Raises Fault("data.import.disk_full") before the disk of a folder is full."""
    free = shutil.disk_usage(folder).free
    if free < SPARE_DISK:
        raise Fault("data.import.disk_full", free_mb=free // MB)
