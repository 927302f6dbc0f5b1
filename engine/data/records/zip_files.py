"""ZIP files opened with care: their table of contents is measured before it is read, and what they claim to unpack to is looked at."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.records.bounds import MAX_DIRECTORY, MAX_MEMBERS, MAX_RATIO, SMALL_MEMBER

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    IndexError,
)


def open_zip(path: Path) -> zipfile.ZipFile:
    """The file's table of contents, read.

    Raises:
        Fault: "data.archive.damaged", "data.archive.too_many".
    """
    try:
        _check_directory(path)
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Fault("data.archive.damaged") from error


def _check_directory(path: Path) -> None:
    """Before the table is read, for it may name millions of files: Raises Fault("data.archive.too_many")."""
    with path.open("rb") as file:
        end: Any = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > MAX_DIRECTORY:  # type: ignore[attr-defined]
        raise Fault("data.archive.too_many", found=end[zipfile._ECD_ENTRIES_TOTAL], limit=MAX_MEMBERS)  # type: ignore[attr-defined]


def check_ratio(info: zipfile.ZipInfo) -> None:
    """Raises Fault("data.archive.bomb") where a member claims to unpack to far more than any data does."""
    if info.file_size > max(SMALL_MEMBER, MAX_RATIO * info.compress_size):
        ratio = info.file_size // max(1, info.compress_size)
        raise Fault("data.archive.bomb", ratio=ratio, limit=MAX_RATIO)
