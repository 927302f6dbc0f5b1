"""The header of a GGUF file, counted before any library reads it: what it says it holds must be there, and within bounds.

Libraries believe a header: one that speaks of 2^40 entries keeps them busy for days, and every entry costs them hundreds of bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Literal

from engine.core.errors import Fault
from engine.core.small_files import opened

_MAGIC = b"GGUF"
_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # type of a value -> its bytes
_STRING, _ARRAY = 8, 9
_MOST_KEYS, _MOST_TENSORS = 65_536, 1_000_000
_MOST_ITEMS = 8_000_000  # of all lists together; the largest vocabularies have some 2,000,000
_LONGEST_STRING = 16 * 1024 * 1024
_LONGEST_NAME = 65_535
_MOST_DIMENSIONS = 8
_DEEPEST = 3  # lists in lists
_LEAST_KEY, _LEAST_TENSOR = 13, 24  # bytes that each takes at least


def check_header(file: Path) -> None:
    """Whether the header of a GGUF file can be true.

    Raises:
        Fault: "model.gguf_beyond" with what it says and what can be, "model.gguf_unreadable" where it ends too early or is
            none, "model.file_*" where the file is no ordinary one.
    """
    with opened(file) as stream:
        try:
            _Header(file, stream).check()
        except ValueError as error:
            raise Fault("model.gguf_unreadable", file=file.name, reason=str(error)[:300]) from None


class _Header:
    """One that is being walked through."""

    def __init__(self, file: Path, stream: BinaryIO) -> None:
        self._file, self._stream = file, stream
        self._order: Literal["little", "big"] = "little"
        self._size, self._items = file.stat().st_size, 0

    def check(self) -> None:
        if self._stream.read(4) != _MAGIC:
            raise ValueError("GGUF magic invalid")
        version = self._number(4)
        if version & 65535 == 0:  # written on a machine with the other order of bytes
            self._order = "big"
        tensors, keys = self._number(8), self._number(8)
        self._within(keys, _MOST_KEYS, _LEAST_KEY)
        self._within(tensors, _MOST_TENSORS, _LEAST_TENSOR)
        for _ in range(keys):
            self._string(_LONGEST_NAME)
            self._value(self._number(4), 0)
        for _ in range(tensors):
            self._string(_LONGEST_NAME)
            dimensions = self._number(4)
            self._within(dimensions, _MOST_DIMENSIONS, 8)
            self._skip(8 * dimensions + 12)

    def _value(self, kind: int, depth: int) -> None:
        if kind in _SCALARS:
            self._skip(_SCALARS[kind])
        elif kind == _STRING:
            self._string(_LONGEST_STRING)
        elif kind == _ARRAY:
            self._array(depth + 1)
        else:
            raise ValueError(f"unknown type of a value: {kind}")

    def _array(self, depth: int) -> None:
        kind, count = self._number(4), self._number(8)
        self._within(depth, _DEEPEST, 0)
        self._within(count, _MOST_ITEMS, _SCALARS.get(kind, 8))
        self._items += count
        self._within(self._items, _MOST_ITEMS, 0)
        if kind in _SCALARS:
            self._skip(count * _SCALARS[kind])
            return
        for _ in range(count):
            self._value(kind, depth)

    def _string(self, most: int) -> None:
        length = self._number(8)
        self._within(length, most, 1)
        self._skip(length)

    def _number(self, length: int) -> int:
        read = self._stream.read(length)
        if len(read) < length:
            raise ValueError("the file ends within its header")
        return int.from_bytes(read, self._order)

    def _skip(self, length: int) -> None:
        if self._stream.seek(length, 1) > self._size:
            raise ValueError("the file ends within its header")

    def _within(self, count: int, most: int, least_bytes: int) -> None:
        """So many at most, and no more than the rest of the file can hold."""
        room = (self._size - self._stream.tell()) // least_bytes if least_bytes else most
        if count > min(most, room):
            raise Fault("model.gguf_beyond", file=self._file.name, count=count, most=min(most, max(0, room)))
