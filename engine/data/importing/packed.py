"""Files that one program packed by themselves (.gz, .bz2, .xz, .zst): unpacked piece by piece, within the bounds of an archive."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import re
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from engine.core.errors import Fault
from engine.data.detection.file_signatures import binary_format
from engine.data.importing.archive import NoRoom, Room, Unpacked, unpack
from engine.data.records.bounds import MAX_XZ_MEMORY, ReadingBudget
from engine.data.records.record import show

_CHUNK = 2**20
_ENDING = re.compile(r"\.(gz|gzip|bz2|xz|zst|zstd)$", re.I)


def plain_name(name: str) -> str:
    """The name of what is inside: without the ending that says how it was packed."""
    return _ENDING.sub("", name) or name


def unpack_stream(
    path: Path, kind: str, folder: Path, limit_mb: int, taken: int = 0, budget: ReadingBudget | None = None
) -> Path:
    """Unpack a file of one of PACKED into `folder`, under a random name; `limit_mb`, `taken` and `budget` as in `unpack`.

    Raises:
        Fault: "data.packed.damaged", "data.packed.cut_off", "data.archive.too_large", "data.archive.bomb",
            "data.import.disk_full". Nothing is left then.
    """
    target = folder / f"{uuid.uuid4().hex}.part"
    room = Room(folder, limit_mb, taken, path.stat().st_size, budget or ReadingBudget())
    try:
        with target.open("wb") as file:
            for data in _pieces(path, kind):
                room.take(len(data))
                file.write(data)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def files_inside(path: Path, name: str, folder: Path, limit_mb: int, taken: int, budget: ReadingBudget) -> Unpacked:
    """The files of an archive, what a packed file holds, or the file itself.

    Raises:
        Fault: as `unpack` and `unpack_stream`. Nothing is left then.
    """
    kind = binary_format(path)
    if kind in PACKED:
        return Unpacked([(unpack_stream(path, str(kind), folder, limit_mb, taken, budget), plain_name(name))])
    if kind != "zip":
        return Unpacked([(path, name)])
    found = unpack(path, folder, limit_mb, taken, budget)
    try:
        _unpack_members(found, folder, limit_mb, taken + sum(file.stat().st_size for file, _ in found.files), budget)
    except BaseException:
        for file, _name in found.files:
            file.unlink(missing_ok=True)
        raise
    return found


def _unpack_members(done: Unpacked, folder: Path, limit_mb: int, taken: int, budget: ReadingBudget) -> None:
    """Unpack those files of an archive that were packed once more by themselves; what cannot be unpacked joins the faults.

    Raises:
        Fault: as `unpack_stream`, where all together are too much.
    """
    files, done.files = done.files, []
    for at, (path, name) in enumerate(files):
        try:
            kind = _packed_kind(path)
            file = path if kind is None else unpack_stream(path, kind, folder, limit_mb, taken, budget)
        except BaseException as fault:
            if isinstance(fault, NoRoom) or not isinstance(fault, Fault):
                done.files += files[at:]
                raise
            done.faults.append((name, fault))
            path.unlink(missing_ok=True)
            continue
        if file != path:
            path.unlink(missing_ok=True)
            taken += file.stat().st_size
        done.files.append((file, name if file == path else plain_name(name)))


def _packed_kind(path: Path) -> str | None:
    """How a file was packed; None where it was not, or is nothing that can be read."""
    with contextlib.suppress(Fault):
        kind = binary_format(path)
        return kind if kind in PACKED else None
    return None


def _pieces(path: Path, kind: str) -> Iterator[bytes]:
    """What is inside; nothing but Fault comes of damage."""
    pieces = PACKED[kind](path)
    while True:
        try:
            data = next(pieces, b"")
        except EOFError as error:
            raise Fault("data.packed.cut_off", kind=kind) from error
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, ValueError, OSError) as error:
            if isinstance(error, OSError) and error.errno and not isinstance(error, gzip.BadGzipFile):
                raise
            if "truncated" in str(error).lower():
                raise Fault("data.packed.cut_off", kind=kind) from error
            raise Fault("data.packed.damaged", kind=kind, detail=show(str(error))) from error
        if not data:
            return
        yield data


def _read(opened: Callable[[Path], Any]) -> Callable[[Path], Iterator[bytes]]:
    """The pieces of what a library opens like a file."""

    def pieces(path: Path) -> Iterator[bytes]:
        with closing(opened(path)) as file:
            while data := file.read(_CHUNK):
                yield data

    return pieces


def _xz(path: Path) -> Iterator[bytes]:
    """Several streams may follow each other; none may ask for more memory than is given."""
    with path.open("rb") as file:
        while data := file.read(_CHUNK).lstrip(b"\0"):
            yield from _one_xz(file, data)


def _one_xz(file: IO[bytes], data: bytes) -> Iterator[bytes]:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)
    while not unpacker.eof:
        if unpacker.needs_input and not data and not (data := file.read(_CHUNK)):
            raise EOFError
        if made := unpacker.decompress(data, _CHUNK):
            yield made
        data = b""
    file.seek(-len(unpacker.unused_data), 1)


def _zstandard(path: Path) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, "zstd") as file:
        while data := file.read(_CHUNK):
            yield data


PACKED: dict[str, Callable[[Path], Iterator[bytes]]] = {
    "gzip": _read(gzip.open),
    "bzip2": _read(bz2.open),
    "xz": _xz,
    "zstd": _zstandard,
}
