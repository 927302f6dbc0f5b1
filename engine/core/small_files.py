"""The one door through which a model's small files (JSON, templates, headers) are read: ordinary files, up to a size.

A folder may hold anything under a known name: a pipe that nobody writes to, a device, a socket, ten sparse gigabytes. It is
looked at before a byte is read, by the very descriptor that is read from.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from engine.core.errors import Fault

MOST_JSON = 64 * 1024 * 1024  # bytes; the largest tokenizer.json in use have 35 MB
MOST_TEMPLATE = 4 * 1024 * 1024
_MB = 1e6
_DEEPEST = 200  # levels of lists and objects in a JSON file


@contextmanager
def opened(file: Path, most: int | None = None) -> Iterator[BinaryIO]:
    """An ordinary file of at most `most` bytes, open for reading; never waits for one that is none.

    Raises:
        Fault: "model.file_missing", "model.file_strange", "model.file_too_large" or "model.file_broken".
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        raise Fault("model.file_missing", file=file.name) from None
    except OSError as error:  # a socket cannot be opened at all
        raise _strange(file, error) from None
    try:
        _refuse(file, os.fstat(descriptor), most)
        stream = os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
    with stream:
        yield stream


def _refuse(file: Path, found: os.stat_result, most: int | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Fault("model.file_strange", file=file.name)
    if most is not None and found.st_size > most:
        raise _too_large(file, found.st_size, most)


def _too_large(file: Path, size: int, most: int) -> Fault:
    return Fault("model.file_too_large", file=file.name, size_mb=round(size / _MB), most_mb=round(most / _MB))


def _strange(file: Path, error: OSError) -> Fault:
    try:
        ordinary = stat.S_ISREG(file.stat().st_mode)
    except OSError:
        ordinary = True
    if not ordinary:
        return Fault("model.file_strange", file=file.name)
    return Fault("model.file_unreadable", file=file.name, reason=error.strerror or type(error).__name__)


def read_bytes(file: Path, most: int = MOST_JSON) -> bytes:
    """The content of a small file. Raises as `opened`."""
    with opened(file, most) as stream:
        try:
            size = os.fstat(stream.fileno()).st_size  # a reader takes memory for all that it is asked for
            content = stream.read(min(size, most) + 1)
        except OSError as error:
            raise _strange(file, error) from None
    if len(content) > min(size, most):  # it grew meanwhile
        raise _too_large(file, len(content), most)
    return content


def read_text(file: Path, most: int = MOST_TEMPLATE) -> str:
    """The text of a small file in UTF-8. Raises as `opened`."""
    try:
        return read_bytes(file, most).decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("model.file_broken", file=file.name) from None


def read_object(file: Path, most: int = MOST_JSON) -> dict[str, Any]:
    """The object in a JSON file, with lists within lists only so deep. Raises as `opened`."""
    return object_in(read_bytes(file, most), file.name)


def object_in(text: bytes, name: str) -> dict[str, Any]:
    """The object that JSON text says. Raises Fault("model.file_broken"), which calls it by `name`."""
    try:
        content = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Fault("model.file_broken", file=name) from None
    if not isinstance(content, dict) or _is_too_deep(content):
        raise Fault("model.file_broken", file=name)
    return content


def _is_too_deep(content: Any) -> bool:
    """Whether whoever walks through it by calling itself would come to an end of Python's patience."""
    level = [content]
    for _deep in range(_DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inner for value in values if isinstance(value, (dict, list))]
        if not level:
            return False
    return True
