"""Lines of a UTF-8 file in blocks, each of which knows its place in bytes: reading can go on behind any of them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.data.records.bounds import MAX_ROW
from engine.data.records.record import MAX_RAW

BLOCK = 2**20
_LONGEST = 4 * MAX_ROW  # bytes that a row of the greatest length may have
_HEAD = 4 * (MAX_RAW + 1)  # bytes that are kept of a longer one


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines without their ends.

    Attributes:
        lines: raw bytes, without line ends.
        first: number of the first one, counted from 1.
        end: the byte behind the block.
        whole: False for a block of one line that is beyond all limits: only its beginning is here.
    """

    lines: list[bytes]
    first: int
    end: int
    whole: bool = True


def blocks(path: Path, offset: int = 0, line: int = 1) -> Iterator[Block]:
    """The file from a byte on, which is the beginning of that line. Lines end as in Python's text files: LF, CR LF or CR."""
    with path.open("rb", buffering=0) as file:
        if not offset and file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            offset = len(codecs.BOM_UTF8)
        file.seek(offset)
        rest = b""
        while data := rest + (more := file.read(BLOCK)):
            cut = _cut(data) if more else len(data)
            if cut:
                block = Block(_lines(data[:cut]), line, offset + cut)
                rest = data[cut:]
            elif len(data) > _LONGEST:
                head, (size, rest) = data[:_HEAD], _skip(file)
                block = Block([head], line, offset + len(data) + size, whole=False)
            else:
                rest = data
                continue
            yield block
            offset, line = block.end, line + len(block.lines)


def lines_between(path: Path, start: int, end: int, whole: bool) -> list[bytes]:
    """The lines of the block that lies there, as `blocks` gave them."""
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        if not whole:
            return [file.read(_HEAD)]
        data = b""
        while len(data) < end - start and (more := file.read(end - start - len(data))):
            data += more
    return _lines(data.removeprefix(codecs.BOM_UTF8) if not start else data)


def _cut(data: bytes) -> int:
    """Where the last whole line ends; 0 where none does. A CR at the very end may be half of a CR LF."""
    return data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, len(data) - 1) + 1


def _lines(data: bytes) -> list[bytes]:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _skip(file: BinaryIO) -> tuple[int, bytes]:
    """Pass over the rest of a line: (its bytes, what was read behind it)."""
    size, before = 0, b""
    while more := file.read(BLOCK):
        data = before + more
        if end := _cut(data):
            first = len(data[:end].split(b"\n", 1)[0].split(b"\r", 1)[0])
            first += 2 if data[first : first + 2] == b"\r\n" else 1
            return size + first, data[first:]
        keep = 1 if data.endswith(b"\r") else 0
        size += len(data) - keep
        before = data[len(data) - keep :]
    return size + len(before), b""
