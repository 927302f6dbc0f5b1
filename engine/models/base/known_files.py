"""Files whose content is known: are they still the same? Sizes, times and numbers at every look, hashes where those say too little.

What was found is kept beside the home's caches. Without it (models of earlier versions, an emptied cache) the files are
hashed once. Imports no torch.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from engine.models.base.inspect import hash_file

DAY_S = 86_400.0
_TICK_S = 0.05  # how coarse the times of file systems are, with room
_CHANGED = 2  # place of the change time in a stamp
OnBytes = Callable[[int], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KnownFiles:
    """The files of one model.

    Attributes:
        kept_in: file in which sizes, times and hashes are kept.
        folder: where the files lie.
        weights: those that `expected` is about, as they are now, by their names within the folder.
        others: further ones that must stay as they were seen first.
        expected: what `combine` made of the weights when the model was stored.
        combine: (hash by name, in the order of `weights`) -> one hash.
        always_below: bytes; smaller files are hashed at every check.
        each: the hash of each file, where they were stored with the model.
    """

    kept_in: Path
    folder: Path
    weights: tuple[str, ...]
    others: tuple[str, ...]
    expected: str
    combine: Callable[[Mapping[str, str]], str]
    always_below: int = 0
    each: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileDifference:
    """What is wrong: a file that changed, or is not there any more."""

    file: str  # its name; several where only their common hash is known
    gone: bool  # whether it vanished


@dataclass(frozen=True)
class Look:
    """What sizes and times tell."""

    difference: FileDifference | None = None  # that is sure
    unsure: tuple[str, ...] = ()  # files that need to be hashed


@dataclass(frozen=True)
class _Record:
    """What was found the last time."""

    expected: str
    folder: str
    files: dict[str, list[int]]  # size and times of each, and its number on the disk
    hashes: dict[str, str]  # empty, as `files` is, while the right content was never seen
    hashed_at: float = 0.0  # when all of them were
    wrong: dict[str, list[int]] = field(default_factory=dict)  # a file with another content: as it was then
    stamped_at: float = 0.0  # when sizes and times were read


def look(known: KnownFiles) -> Look:
    """By sizes and times alone: quick enough for a page."""
    record = _read(known)
    return _look(known, record) if record else Look(unsure=known.weights)


def check(known: KnownFiles, *, whole: bool = False, on_bytes: OnBytes = lambda _count: None) -> FileDifference | None:
    """Look, hash what that leaves open, and remember. All is hashed the first time, when a day went by, and where `whole`.

    Args:
        on_bytes: hears of each hashed block.
    """
    record = _read(known)
    if record and (plain := _plainly(known, record)):
        return plain
    unsure = _touched(known, record) if record else known.weights
    every = (*known.weights, *known.others)
    due = whole or record is None or bool(record.wrong) or abs(time.time() - record.hashed_at) > DAY_S
    wanted = every if due else tuple(name for name in every if name in unsure or _is_small(known, name))
    if not wanted:
        return None
    stamped_at = time.time()
    stamps = {name: stamp_of(known.folder / name) for name in every}
    hashes = {name: hash_file(known.folder / name, on_bytes) for name in wanted}
    wrong = _wrong(known, record, hashes)
    _write(known, replace(_remembered(known, record, stamps, hashes, wrong, due=due), stamped_at=stamped_at))
    return FileDifference(_named(wrong), gone=False) if wrong else None


@dataclass(frozen=True)
class FileStamps:
    """Sizes and times of files before they were hashed."""

    of: Mapping[str, list[int]]  # by the file's name
    at: float  # when they were read

    @classmethod
    def now(cls, files: Iterable[Path]) -> FileStamps:
        """Of files as they are."""
        at = time.time()
        return cls({file.name: stamp_of(file) for file in files}, at)


def remember(known: KnownFiles, hashes: Mapping[str, str], stamps: FileStamps | None = None) -> None:
    """What was hashed just now, when the model was stored."""
    before = stamps or FileStamps({name: stamp_of(known.folder / name) for name in hashes}, time.time())
    found = _Record(known.expected, str(known.folder), dict(before.of), dict(hashes), time.time(), stamped_at=before.at)
    _write(known, found)


def forget(kept_in: Path) -> None:
    """What a model that is removed leaves."""
    kept_in.unlink(missing_ok=True)


def _look(known: KnownFiles, record: _Record) -> Look:
    if plain := _plainly(known, record):
        return Look(plain)
    if record.wrong and all(_is_still(known.folder / name, stamp) for name, stamp in record.wrong.items()):
        return Look(FileDifference(_named(tuple(record.wrong)), gone=False))
    return Look(unsure=_touched(known, record))


def _plainly(known: KnownFiles, record: _Record) -> FileDifference | None:
    """What no hash is needed for."""
    for name, (size, *_times) in record.files.items():
        if not (known.folder / name).is_file():
            return FileDifference(name, gone=True)
        if stamp_of(known.folder / name)[0] != size:
            return FileDifference(name, gone=False)
    fresh = [name for name in known.weights if record.hashes and name not in record.files]
    return FileDifference(fresh[0], gone=False) if fresh else None


def _touched(known: KnownFiles, record: _Record) -> tuple[str, ...]:
    settled = int((record.stamped_at - _TICK_S) * 1e9)

    def touched(name: str, stamp: list[int]) -> bool:
        """Also where it changed so shortly before the look that a further change has the same time."""
        return not _is_still(known.folder / name, stamp) or (len(stamp) > _CHANGED and stamp[_CHANGED] > settled)

    return tuple(name for name, stamp in record.files.items() if touched(name, stamp))


def _wrong(known: KnownFiles, record: _Record | None, hashes: Mapping[str, str]) -> tuple[str, ...]:
    """The files whose content is another one."""
    right = {**(record.hashes if record is not None else {}), **known.each}
    if right:
        return tuple(name for name, digest in hashes.items() if right.get(name, digest) != digest)
    found = known.combine({name: hashes[name] for name in known.weights})
    return () if found == known.expected else known.weights


def _remembered(
    known: KnownFiles,
    record: _Record | None,
    stamps: Mapping[str, list[int]],
    hashes: Mapping[str, str],
    wrong: tuple[str, ...],
    *,
    due: bool,
) -> _Record:
    then = {name: stamps[name] for name in wrong}
    if wrong:
        return replace(record or _Record(known.expected, str(known.folder), {}, {}), wrong=then)
    all_hashes = hashes if record is None else {**record.hashes, **hashes}
    at = time.time() if due or record is None else record.hashed_at
    return _Record(known.expected, str(known.folder), dict(stamps), dict(all_hashes), at)


def _named(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def stamp_of(file: Path) -> list[int]:
    """Size, time, time of the last change of anything (which no program can set back) and number on the disk."""
    return stamp_in(file.stat())


def stamp_in(found: os.stat_result) -> list[int]:
    """The same of a file that was asked already."""
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _is_still(file: Path, stamp: list[int]) -> bool:
    """Records of earlier versions know size and time alone."""
    return file.is_file() and stamp_of(file)[: len(stamp)] == stamp


def _is_small(known: KnownFiles, name: str) -> bool:
    return (known.folder / name).stat().st_size < known.always_below


def _read(known: KnownFiles) -> _Record | None:
    """None where nothing is known of just these weights in just this place."""
    try:
        record = _Record(**json.loads(known.kept_in.read_text(encoding="utf-8")))
        whole = set(record.files) >= set(record.hashes)
    except (OSError, ValueError, TypeError):
        return None
    same = (record.expected, record.folder) == (known.expected, str(known.folder))
    return record if same and whole else None


def _write(known: KnownFiles, record: _Record) -> None:
    """Whole or not at all. A disk that cannot take it only means that the files are hashed again."""
    draft = known.kept_in.with_name(f"{known.kept_in.name}.{os.getpid()}.part")
    try:
        known.kept_in.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
        draft.replace(known.kept_in)
    except OSError as error:
        _log.warning("What is known of %s could not be kept: %s", known.folder, error)
