"""A folder as one zip file: streamed, not compressed (weights do not shrink), there whole or not at all."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.hardware import cpu
from engine.data.importing.names import clean_name
from engine.models.base.inspect import hash_file

_BLOCK = 4 << 20
_SPARE_BYTES = 64 << 20
_SPARE_MB = 300
_UNFIT_FOR_FILES = set('/\\:*?"<>|')


def file_name(name: str, suffix: str) -> str:
    """A file name that every system takes, from a model's name and the form's end."""
    kept = "".join("-" if ch.isspace() or ch in _UNFIT_FOR_FILES else ch for ch in clean_name(name, "model"))
    return f"{kept.strip('-. ')[:80] or 'model'}-{suffix}"


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raises Fault("export.disk_full") when `folder`'s disk has not that much left."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + _SPARE_BYTES:
        raise Fault("export.disk_full", needed_mb=(needed_bytes + _SPARE_BYTES) >> 20, free_mb=free >> 20)


def check_memory(needed_mb: int) -> None:
    """Raises Fault("export.no_memory") when the machine has not that much main memory left. Nothing is needed for 0."""
    free = cpu().free_mb - _SPARE_MB
    if needed_mb and needed_mb > free:
        raise Fault("export.no_memory", needed_mb=needed_mb, free_mb=max(0, free))


def pack(folder: Path, target: Path, inner: str, on_bytes: Callable[[int], None]) -> dict[str, Any]:
    """Write every file of `folder` into the zip `target`, below the folder name `inner`.

    Returns:
        bytes and sha256 of the zip.
    """
    draft = target.with_name(target.name + ".partial")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(f for f in folder.rglob("*") if f.is_file()):
                name = f"{inner}/{file.relative_to(folder).as_posix()}"
                _copy(file, archive, name, on_bytes)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        digest = hash_file(draft)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return {"bytes": target.stat().st_size, "sha256": digest}


def _copy(file: Path, archive: zipfile.ZipFile, name: str, on_bytes: Callable[[int], None]) -> None:
    info = zipfile.ZipInfo.from_file(file, name, strict_timestamps=False)
    with file.open("rb") as source, archive.open(info, "w", force_zip64=True) as sink:
        while block := source.read(_BLOCK):
            sink.write(block)
            on_bytes(len(block))
