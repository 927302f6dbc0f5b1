"""Folders that appear whole or not at all, and faults of the disk in plain words."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.core.errors import Fault
from engine.core.obstacles import obstacle
from engine.models.base.inspect import hash_file

_FULL = ("obstacle.disk_full", "obstacle.unwritten")
_PARTIAL = ".partial"


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill; at the end it is flushed to the disk and renamed to `target`. Nothing is left after an error.

    Raises:
        Fault: "training.disk_full".
    """
    draft = target.with_name(f".{target.name}{_PARTIAL}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        yield draft
        for file in sorted(draft.rglob("*")):
            _sync(file)
        _sync(draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        _sync(target.parent)
    except Exception as error:
        raise disk_fault(error, target.parent) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def disk_fault(error: Exception, folder: Path) -> Exception:
    """Fault("training.disk_full") where that is what the error means; else the error itself."""
    met = obstacle(error, folder)
    return Fault("training.disk_full", free_mb=met.params["free_mb"]) if met and met.code in _FULL else error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hashes(folder: Path) -> dict[str, str]:
    """sha256 of every file, by its path within the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hash_file(file) for file in files}


def size(folder: Path) -> int:
    """Bytes of all files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
