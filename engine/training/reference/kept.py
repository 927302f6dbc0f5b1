"""Numbers of a reference on the disk, under a hash of all that they depend on: who needs the same ones does not make them again."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MOST_FILES = 256
_DIGEST = sha256().digest_size
_log = logging.getLogger(__name__)


def load(file: Path, count: int) -> NDArray[np.float32] | None:
    """The numbers that are known by now, the others being no number; None where there are none, or the file is not as it was
    written.

    Args:
        count: of all of them.
    """
    try:
        content = file.read_bytes()
    except OSError:
        return None
    digest, numbers = content[:_DIGEST], content[_DIGEST:]
    if len(numbers) != 4 * count or sha256(numbers).digest() != digest:
        return None
    with suppress(OSError):
        os.utime(file)
    return np.frombuffer(numbers, "<f4").astype(np.float32)


def keep(file: Path, numbers: NDArray[np.float32]) -> None:
    """Write them, whole or not at all; what the disk does not take is made again."""
    content = numbers.astype("<f4").tobytes()
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            out.write(sha256(content).digest() + content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        _log.warning("The reference could not be kept: %s", error)
        with suppress(OSError):
            part.unlink()
        return
    _prune(file.parent)


def _prune(folder: Path) -> None:
    """Remove the files that nobody has used for longest, where there are very many."""
    with suppress(OSError):
        files = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)
        for file in files[:-_MOST_FILES]:
            file.unlink(missing_ok=True)
