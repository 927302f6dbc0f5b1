"""The heads of a Parquet file's pages: what each unpacks to, without unpacking it.

The file's own summary need not be true, and the library asks for as much memory as a page's head says. So all heads of a
row group are read before it is. They are structures of Thrift's compact protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_LONGEST_HEAD = 2**20  # the smallest and the largest value of a page may stand in it
_FIRST_READ = 512
_BINARY, _LIST, _SET, _MAP, _STRUCT = 8, 9, 10, 11, 12
_NESTED_LEVELS = 8
Fields = dict[int, "int | Fields"]


@dataclass(frozen=True, slots=True)
class PageHead:
    """One page as its head has it."""

    unpacked: int  # bytes
    packed: int  # bytes
    values: int  # numbers or texts in it, those that are null too
    dictionary: bool  # whether it holds the values that other pages refer to


class PagesDamaged(ValueError):
    """These are no heads of pages."""


class _TooShort(Exception):
    pass


class _Compact:
    """Reads one structure; only whole numbers and structures are kept."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def struct(self, depth: int = 0) -> Fields:
        if depth > _NESTED_LEVELS:
            raise PagesDamaged("nested too deeply")
        found: Fields = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._whole()
            value = self._value(kind & 15, depth)
            if value is not None:
                found[number] = value
        return found

    def _value(self, kind: int, depth: int) -> int | Fields | None:
        if kind in (1, 2):  # true and false
            return None
        if 4 <= kind <= 6:
            return self._whole()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_LIST, _SET):
            head = self._byte()
            for _ in range(min(self._varint() if head >> 4 == 15 else head >> 4, _LONGEST_HEAD)):
                self._value(head & 15, depth + 1)
        elif kind in (3, 7, _BINARY):
            self._pass({3: 1, 7: 8}.get(kind) or self._varint())
        else:
            raise PagesDamaged(f"field of kind {kind}")
        return None

    def _whole(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            if (shift := shift + 7) > 63:
                raise PagesDamaged("number too long")

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise _TooShort
        self.at += 1
        return self._data[self.at - 1]

    def _pass(self, count: int) -> None:
        if self.at + count > len(self._data):
            raise _TooShort
        self.at += count


def pages(file: BinaryIO, start: int, size: int, heed: Callable[[], None]) -> Iterator[PageHead]:
    """Every page of a column in a row group, which lies in `size` bytes of the file from `start` on.

    Raises:
        PagesDamaged: also where the file ends before.
    """
    at, end = start, start + size
    while at < end:
        head, length = _head(file, at)
        page = _page(head)
        yield page
        at += length + page.packed
        heed()


def _head(file: BinaryIO, at: int) -> tuple[Fields, int]:
    size = _FIRST_READ
    while True:
        file.seek(at)
        data = file.read(size)
        reader = _Compact(data)
        try:
            return reader.struct(), reader.at
        except _TooShort:
            if len(data) < size or size >= _LONGEST_HEAD:
                raise PagesDamaged("the head of a page is cut off") from None
            size *= 16


def _page(head: Fields) -> PageHead:
    unpacked, packed = head.get(2), head.get(3)
    inner = next((one for place in (5, 7, 8) if isinstance(one := head.get(place), dict)), {})
    values = inner.get(1, 0)
    if not isinstance(unpacked, int) or not isinstance(packed, int) or not isinstance(values, int):
        raise PagesDamaged("the head of a page lacks its size")
    if unpacked < 0 or packed < 0 or values < 0:
        raise PagesDamaged("the head of a page has a size below nothing")
    return PageHead(unpacked, packed, values, 7 in head)
