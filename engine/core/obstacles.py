"""What the machine says when it will not do something, as faults of ours: a full disk, missing rights, a locked database.

Every place that would else call an error unexpected asks here first.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.core.errors import Fault, SpecError, TunesmithError
from engine.core.settings import read_settings

CODES = {
    errno.ENOSPC: "obstacle.disk_full",
    errno.EDQUOT: "obstacle.quota",
    errno.EROFS: "obstacle.read_only",
    errno.EACCES: "obstacle.denied",
    errno.EPERM: "obstacle.denied",
    errno.ENOTDIR: "obstacle.no_folder",
    errno.EEXIST: "obstacle.in_the_way",
    errno.EISDIR: "obstacle.is_folder",
    errno.ENOENT: "obstacle.gone",
    errno.EMFILE: "obstacle.open_files",
    errno.ENFILE: "obstacle.open_files",
    errno.EIO: "obstacle.disk_error",
    errno.ESTALE: "obstacle.disk_error",
    errno.ENODEV: "obstacle.disk_error",
    errno.ENXIO: "obstacle.disk_error",
    errno.ETIMEDOUT: "obstacle.disk_error",
    errno.ENAMETOOLONG: "obstacle.long_name",
    errno.EFBIG: "obstacle.large_file",
    errno.ENOMEM: "obstacle.no_memory",
    errno.EAGAIN: "obstacle.no_process",
}
_OF_FILES = (errno.ENOENT, errno.EEXIST, errno.ETIMEDOUT)  # without a file these are about something else: a network
_OF_READING = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR)
_OF_DATABASE = {
    "full": "obstacle.disk_full",
    "locked": "obstacle.locked",
    "read_only": "obstacle.read_only",
    "unopened": "obstacle.unopened",
    "failing": "obstacle.failing",
    "damaged": "obstacle.damaged",
}
_LIBRARIES = ("pyarrow", "safetensors", "safetensors_rust", "tokenizers")  # their errors hold the system's as text
_TOLD = re.compile(r"(?i:\bos error |\bos \{ code: |\berrno )(\d{1,3})\b")
_TORCH_WRITER = ("PytorchStreamWriter failed", "file write failed", "unexpected pos")
_NO_THREAD = "can't start new thread"
_DEEPEST = 8  # errors behind an error that are looked at
_LITTLE = {"obstacle.unwritten": 16 * 2**20, "obstacle.failing": 2**16}  # bytes; with less free, it was a full disk


_PLACELESS = ("obstacle.open_files", "obstacle.no_memory", "obstacle.no_process")
_NO_SPACE = ("obstacle.disk_full", "obstacle.quota")
_NO_FAULT_OF_A_FILE = (
    *_NO_SPACE,
    "obstacle.read_only",
    "obstacle.denied",
    "obstacle.open_files",
    "obstacle.disk_error",
    "obstacle.locked",
    "obstacle.damaged",
)
_TELL_IT = ("disk_full", "no_disk")  # ends of codes whose own sentence says it with more
STATUS = {  # of HTTP, by code: every obstacle that there is
    code: 507 if code in _NO_SPACE else 503
    for code in dict.fromkeys((*CODES.values(), *_OF_DATABASE.values(), "obstacle.unwritten"))
    if code != "obstacle.failing"  # becomes another before it is told
}


def obstacle(error: BaseException, home: Path | None = None) -> Fault | None:
    """The fault that tells what the machine refused; None where an error has nothing to do with the machine.

    Args:
        home: where it happened if the error does not say; the home folder of the environment where this is None.
    """
    for one, meant in _chain(error):
        if isinstance(one, TunesmithError):
            return Fault(one.code, **one.params) if one.code in STATUS else None
        found = _of_database(one) or _of_system(one, meant=meant) or _of_library(one)
        if found is not None:
            return _fault(*found, home)
    return None


def true_reason(error: TunesmithError) -> TunesmithError:
    """The fault itself, or the obstacle that it was made of: a file that cannot be read for want of rights is not broken."""
    if error.__cause__ is None or error.code.endswith(_TELL_IT) or isinstance(error, SpecError):
        return error
    met = obstacle(error.__cause__)
    return met if met is not None and met.code in _NO_FAULT_OF_A_FILE else error


def sources() -> tuple[type[Exception], ...]:
    """Kinds of errors that may tell of an obstacle, for whoever catches by kind."""
    from sqlalchemy.exc import DBAPIError

    return OSError, MemoryError, DBAPIError


def _chain(error: BaseException) -> Iterator[tuple[BaseException, bool]]:
    """An error and those behind it; whether each one is named as the cause or only was there when the next came up."""
    here: BaseException | None = error
    meant = True
    for _ in range(_DEEPEST):
        if here is None:
            return
        yield here, meant
        meant = meant and here.__cause__ is not None
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)


def _of_database(error: BaseException) -> tuple[str, str | None] | None:
    from storage.dialect import complaint  # in functions: the command line is quicker without a database

    told = complaint(error)
    return None if told is None else (_OF_DATABASE[told.kind], told.file)


def _of_system(error: BaseException, *, meant: bool) -> tuple[str, str | None] | None:
    if isinstance(error, MemoryError):
        return "obstacle.no_memory", None
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return "obstacle.no_process", None
    if not isinstance(error, OSError) or isinstance(error, ConnectionError) or error.errno not in CODES:
        return None
    names = (error.filename, error.filename2) if error.errno in _OF_READING else (error.filename2, error.filename)
    file = next((one for one in names if one is not None), None)  # of two, the second is the one that is written
    if error.errno in _OF_FILES and (file is None or not meant):  # a cache that is looked into has missing files too
        return None
    return CODES[error.errno], None if file is None or isinstance(file, int) else os.fsdecode(file)


def _of_library(error: BaseException) -> tuple[str, str | None] | None:
    text = str(error)[:2000]
    if isinstance(error, RuntimeError) and any(mark in text for mark in _TORCH_WRITER):
        return "obstacle.unwritten", None
    if type(error) is Exception or type(error).__module__.partition(".")[0] in _LIBRARIES:
        found = _TOLD.search(text)
        code = int(found.group(1)) if found else 0
        return (CODES[code], None) if code in CODES and code not in _OF_FILES else None
    return None


def _fault(code: str, file: str | None, home: Path | None) -> Fault:
    where = Path(file) if file else home or read_settings().home
    free = _free(where)
    code = _closer(code, where, free)
    if code in ("obstacle.disk_full", "obstacle.unwritten"):
        return Fault(code, where=_shown(where), free_mb=free // 2**20)
    return Fault(code) if code in _PLACELESS else Fault(code, where=_shown(where))


def _closer(code: str, where: Path, free: int) -> str:
    """What lies behind an answer that does not say much."""
    if code in ("obstacle.unwritten", "obstacle.failing") and free < _LITTLE[code]:
        return "obstacle.disk_full"
    if code == "obstacle.failing":
        return "obstacle.disk_error"
    if code in ("obstacle.unopened", "obstacle.in_the_way"):
        start = where if code == "obstacle.in_the_way" else where.parent
        there = next((one for one in (start, *start.parents) if os.path.lexists(one)), None)
        if there is not None and not there.is_dir():
            return "obstacle.no_folder"
        if there is not None and not os.access(there, os.W_OK):
            return "obstacle.read_only"
    return code


def _free(where: Path) -> int:
    """Bytes that are free where a file lies or would lie."""
    for place in (where, *where.parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return 0


def _shown(path: Path) -> str:
    """A path fit for a sentence, whatever bytes its name holds, and not longer than one reads."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return text if len(text) <= 200 else f"{text[:90]} ... {text[-90:]}"
