"""ZIP archives: every file inside is streamed to a file of its own. What must not be unpacked is named, the others stay."""

from __future__ import annotations

import errno
import re
import stat
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from engine.core.errors import Fault
from engine.data.importing.names import clean_name
from engine.data.records.bounds import MAX_MEMBERS, MAX_RATIO, MB, PLENTY, ReadingBudget, check_disk
from engine.data.records.zip_files import DAMAGE, check_ratio, open_zip
from engine.data.splits.cards import DataCard

_CHUNK = 2**20
_JUNK = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._|\.git(/|attributes$|ignore$))", re.I)
_UNSAFE = re.compile(r"^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)")
_ENCRYPTED, _UTF8 = 0x1, 0x800
_FULL = (errno.ENOSPC, errno.EDQUOT)  # a full disk is no fault of the file's
MAX_SHOWN = 120


@dataclass
class Unpacked:
    """The files of an archive: (where it lies now, its name inside), and those left out with the reason."""

    files: list[tuple[Path, str]] = field(default_factory=list)  # (path on disk, name in the archive)
    faults: list[tuple[str, Fault]] = field(default_factory=list)  # (name in the archive, why it was left out)
    places: dict[Path, str] = field(default_factory=dict)  # path on disk -> where it lay: archive, folders, name
    cards: list[DataCard] = field(default_factory=list)  # what data cards among the files say


def unpack(path: Path, folder: Path, limit_mb: int, taken: int = 0, budget: ReadingBudget | None = None) -> Unpacked:
    """Unpack the files of an archive into `folder`, under random names; all together at most `limit_mb`.

    Args:
        taken: bytes that count as unpacked already, for several archives in a row.
        budget: how long it may take.

    Raises:
        Fault: "data.archive.damaged", "data.archive.empty", "data.archive.too_many", "data.archive.too_large",
            "data.archive.bomb", "data.import.disk_full". Nothing is left then.
    """
    done = Unpacked()
    try:
        with open_zip(path) as archive:
            members = list(_members(archive))
            room = Room(folder, limit_mb, taken, path.stat().st_size, budget or ReadingBudget())
            for info, name in members:
                try:
                    _unpack_one(archive, info, name, done, folder, room)
                except NoRoom:
                    raise
                except Fault as fault:
                    done.faults.append((name, fault))
    except BaseException:
        for file, _name in done.files:
            file.unlink(missing_ok=True)
        raise
    return done


class NoRoom(Fault):
    """The archive as a whole is too much."""


class Room:
    """What an archive may still unpack to: as much as an upload may have, and not many times what it is itself."""

    def __init__(self, folder: Path, limit_mb: int, taken: int, size: int, budget: ReadingBudget) -> None:
        self._folder, self._limit_mb, self._size, self._budget = folder, limit_mb, size, budget
        self._left = limit_mb * MB - taken
        self._made = 0

    def take(self, size: int) -> None:
        """So many more bytes are to be written."""
        self._budget.heed()
        self._made += size
        self._left -= size
        if self._left < 0:
            raise NoRoom("data.archive.too_large", limit=self._limit_mb)
        if self._made > max(PLENTY, MAX_RATIO * self._size):
            raise NoRoom("data.archive.bomb", ratio=self._made // max(1, self._size), limit=MAX_RATIO)
        try:
            check_disk(self._folder)
        except Fault as full:
            raise NoRoom(full.code, **full.params) from full


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """The files that are no junk, with the names that a person gave them."""
    found = [
        (info, name)
        for info in archive.infolist()
        if not info.filename.endswith("/") and not _JUNK.search(name := _true_name(info))
    ]
    if not found:
        raise Fault("data.archive.empty")
    if len(found) > MAX_MEMBERS:
        raise Fault("data.archive.too_many", found=len(found), limit=MAX_MEMBERS)
    yield from found


def _true_name(info: zipfile.ZipInfo) -> str:
    """Names without the mark of UTF-8 were written in whatever the packer's machine used."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _unpack_one(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, done: Unpacked, folder: Path, room: Room
) -> None:
    _check(info, name)
    target = folder / f"{uuid.uuid4().hex}.part"
    try:
        with archive.open(info) as source, target.open("wb") as file:
            _copy(source, file, room)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if not isinstance(error, DAMAGE) or getattr(error, "errno", None) in _FULL:
            raise
        method = isinstance(error, NotImplementedError)
        raise Fault("data.archive.method" if method else "data.archive.member_damaged") from error
    done.files.append((target, _shown(name)))


def _check(info: zipfile.ZipInfo, name: str) -> None:
    if _UNSAFE.search(name) or "\0" in name:
        raise Fault("data.archive.unsafe_name")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Fault("data.archive.link")
    if info.flag_bits & _ENCRYPTED:
        raise Fault("data.archive.encrypted")
    check_ratio(info)


def _copy(source: IO[bytes], file: IO[bytes], room: Room) -> None:
    while data := source.read(_CHUNK):
        room.take(len(data))
        file.write(data)


def _shown(name: str) -> str:
    """The name with its folders, to be shown."""
    short = clean_name(name.replace("\\", "/"), "data")
    return short if len(short) <= MAX_SHOWN else "…" + short[-MAX_SHOWN:]
