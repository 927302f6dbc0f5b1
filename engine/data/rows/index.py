"""What is known of each row without reading it: numbers in columns in a file next to the rows file, mapped into memory.

On disk `<name>.index` lies next to `<name>.jsonl`: a line of JSON padded to 1,024 bytes, then the columns one after the
other, each from a multiple of 8 bytes. It is written aside and renamed, so it is whole or not there; one that does not
belong to the file next to it is made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import struct
import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.rows.row import Row
from engine.data.rows.stats import Measures, measure

SPLITS = ("train", "val", "test")
_COLUMNS = {
    "offset": "<u8",
    "id": "<u8",
    "fingerprint": "<u8",
    "others": "<u4",
    "characters": "<u4",
    "answer": "<u4",
    "turns": "<u2",
    "split": "u1",
    "language": "u1",
}
_CODES = {split: code for code, split in enumerate(SPLITS)}
_MOST = 0xFFFF  # turns
_NO_ID = 2**64 - 1  # no row has it
_RECORD = struct.Struct("<QQQIIIHBB")
_DTYPE = np.dtype(list(_COLUMNS.items()))
_FORMAT = 2
_HEAD = 1024
_SLICE = 2**18  # rows that are turned into columns at once
_LANGUAGES = ("other", "en", "zh", "latin", "ja", "ko", "cyrillic", "arabic")
_HASH = re.compile(r"[0-9a-f]{64}")
Column = npt.NDArray[Any]


@dataclass(frozen=True)
class RowIndex:
    """One entry a row, in the order of the file. Columns are read-only arrays of the same length.

    Attributes:
        path: the rows file.
        size: of the rows file, in bytes.
        languages: codes that `language` counts into.
        offset: where the row begins in the file, in bytes.
        id: the row's number, stable over versions.
        split: place in SPLITS.
        characters: of all texts of the row.
        answer: characters of its (last) answer.
        turns: answers in its conversation.
        language: place in `languages`.
        fingerprint: equal for rows of equal content.
        others: equal for rows of equal other columns.
    """

    path: Path
    size: int
    languages: tuple[str, ...]
    offset: Column
    id: Column
    split: Column
    characters: Column
    answer: Column
    turns: Column
    language: Column
    fingerprint: Column
    others: Column

    def __len__(self) -> int:
        return len(self.offset)

    @classmethod
    def open(cls, rows_path: Path) -> RowIndex:
        """The index of a rows file, made when it is missing or belongs to another content."""
        found = _read(rows_path, index_path(rows_path))
        if found is None:
            try:
                found = _build(rows_path, rows_path.parent)
            except OSError:  # a full disk, or one that must not be written to: then for this time only
                with tempfile.TemporaryDirectory() as folder:
                    found = _build(rows_path, Path(folder))
        return found

    def lines(self, places: Sequence[int] | Column) -> Iterator[bytes]:
        """The rows at these places as they are written, in the order asked for."""
        with self.path.open("rb") as file:
            for place in places:
                start = int(self.offset[place])
                end = int(self.offset[place + 1]) if place + 1 < len(self) else self.size
                file.seek(start)
                yield file.read(end - start)

    def rows(self, places: Sequence[int] | Column) -> list[Row]:
        """The rows at these places, in the order asked for."""
        pairs = zip(places, self.lines(places), strict=True)
        return [{"id": int(self.id[place]), **json.loads(line)} for place, line in pairs]

    def places_in(self, split: str) -> Column:
        """The places of the rows of one split ("train", "val", "test"), or of all ("all")."""
        return np.flatnonzero(self.split == SPLITS.index(split)) if split in SPLITS else np.arange(len(self))

    def places_of(self, ids: Sequence[int] | Column) -> Column:
        """The places of the rows with these ids, in the order asked for; -1 for an id that no row has."""
        order = np.argsort(self.id, kind="stable")
        if not isinstance(ids, np.ndarray):  # numbers that a page asks for
            ids = [one if 0 <= one < _NO_ID else _NO_ID for one in ids]
        wanted = np.asarray(ids, dtype=np.uint64)
        at = np.searchsorted(self.id, wanted, sorter=order).clip(max=max(0, len(self) - 1))
        places = order[at] if len(self) else np.zeros(len(wanted), dtype=np.int64)
        return np.where(self.id[places] == wanted, places, -1) if len(self) else places - 1

    def count(self, split: str) -> int:
        """How many rows a split has."""
        return int(np.count_nonzero(self.split == SPLITS.index(split)))

    def duplicates(self) -> int:
        """How many rows have the content of an earlier one."""
        return repeats(self.fingerprint)


def others_of(row: Row) -> int:
    """32 bits that stand for the row's other columns; 0 where it has none."""
    extra = row.get("extra")
    return zlib.crc32(repr(extra).encode("utf-8", "surrogatepass")) if extra else 0


def changed(before: Any, after: Any, old: Column, new: Column) -> Column:
    """Which rows differ in content or in other columns; `old` and `new` are their places in both indexes (or their records)."""
    pairs = [(_column(before, name)[old], _column(after, name)[new]) for name in ("fingerprint", "others")]
    found: Column = (pairs[0][0] != pairs[0][1]) | (pairs[1][0] != pairs[1][1])
    return found


def _column(index: Any, name: str) -> Column:
    found: Column = getattr(index, name) if isinstance(index, RowIndex) else index[name]
    return found


def repeats(column: Column) -> int:
    """How many entries have the value of an earlier one. By sorting: `np.unique` hashes, which takes fifty times as long."""
    ordered = np.sort(column)
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def index_path(rows_path: Path) -> Path:
    """Where the index of a rows file lies."""
    return rows_path.with_suffix(".index")


class Languages(dict[str, int]):
    """The code of each language, in order; a new one gets the next."""

    def __init__(self, names: Iterable[str] = _LANGUAGES) -> None:
        super().__init__((name, code) for code, name in enumerate(names))

    def __missing__(self, name: str) -> int:
        self[name] = code = len(self)
        return code


def entry(offset: int, row_id: int, split: str, found: Measures, others: int, languages: Languages) -> bytes:
    """What an index holds of one row, packed; `others` as `others_of` gives it."""
    characters, answer, turns, name, mark, _system, _tools = found
    turns = turns if turns < _MOST else _MOST
    return _RECORD.pack(offset, row_id, mark, others, characters, answer, turns, _CODES[split], languages[name])


class IndexWriter:
    """Takes in rows' numbers one by one, a record each, on disk; `finish` turns them into columns.

    Args:
        state: what `state()` gave: what was written later is cut off.
    """

    def __init__(self, draft: Path, state: Mapping[str, Any] | None = None) -> None:
        self.draft = draft
        self.count = state["rows"] if state else 0
        self._languages = Languages(state["languages"] if state else _LANGUAGES)
        size = self.count * _RECORD.size
        self._file = draft.open("r+b" if size else "wb")
        self._file.truncate(size)
        self._file.seek(size)

    def add(self, offset: int, row_id: int, split: str, found: Measures, others: int) -> None:
        """One more row; `others` as `others_of` gives it."""
        self._file.write(entry(offset, row_id, split, found, others, self._languages))
        self.count += 1

    def append(self, offset: int, entries: bytes, languages: Sequence[str]) -> None:
        """Rows whose offsets count from `offset`, packed by `entry` with these codes of languages."""
        records = np.frombuffer(bytearray(entries), dtype=_DTYPE)
        records["offset"] += np.uint64(offset)
        codes = np.array([self._languages[name] for name in languages], dtype=np.uint8)
        records["language"] = codes[records["language"]]
        self._file.write(records.tobytes())
        self.count += len(records)

    def close(self) -> None:
        """Write out what waits."""
        self._file.close()

    def state(self) -> dict[str, Any]:
        """What is safely on disk by now, as JSON."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return {"rows": self.count, "languages": list(self._languages)}

    def records(self) -> Column:
        """Every record so far, mapped; changes are kept. Only after `close`."""
        if not self.count:
            return np.zeros(0, dtype=_DTYPE)
        return np.memmap(self.draft, dtype=_DTYPE, mode="r+", shape=(self.count,))

    def finish(self, rows_path: Path, target: Path) -> None:
        """Write the columns to `target`, as the index of the rows file that lies (for now) at `rows_path`."""
        stat = rows_path.stat()
        head = {"format": _FORMAT, "rows": self.count, "size": stat.st_size, "mtime": stat.st_mtime_ns}
        line = json.dumps(head | {"languages": list(self._languages)}).encode()
        records = self.records()
        with target.open("wb") as file:
            file.write(line.ljust(_HEAD - 1) + b"\n")
            for name in _COLUMNS:
                for start in range(0, self.count, _SLICE):
                    file.write(np.ascontiguousarray(records[name][start : start + _SLICE]).tobytes())
                file.write(b"\0" * (-file.tell() % 8))
            file.flush()
            os.fsync(file.fileno())

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self.draft.unlink(missing_ok=True)


def _read(rows_path: Path, path: Path) -> RowIndex | None:
    """The index at `path`, provided that it is whole and belongs to the rows file."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        with path.open("rb") as file:
            head = json.loads(file.read(_HEAD))
        if head["format"] == _FORMAT and _belongs(head, rows_path):
            return RowIndex(rows_path, head["size"], tuple(head["languages"]), **_columns(path, head["rows"]))
    return None


def _belongs(head: dict[str, Any], rows_path: Path) -> bool:
    """A file named by the hash of its content may have been copied; any other must not have been touched since."""
    stat = rows_path.stat()
    same = stat.st_mtime_ns == head["mtime"] or _HASH.fullmatch(rows_path.stem) is not None
    return bool(stat.st_size == head["size"] and same)


def _columns(path: Path, rows: int) -> dict[str, Column]:
    """Raises ValueError when the file is too short."""
    found: dict[str, Column] = {}
    offset = _HEAD
    for name, kind in _COLUMNS.items():
        dtype = np.dtype(kind)
        if rows:
            found[name] = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=(rows,))
        else:
            found[name] = np.zeros(0, dtype=dtype)
        offset += -(-rows * dtype.itemsize // 8) * 8
    return found


def _build(rows_path: Path, folder: Path) -> RowIndex:
    """Make the index of a rows file by reading it, in a folder. Rows without an id get their place."""
    mark = uuid.uuid4().hex
    writer = IndexWriter(folder / f"{mark}.rows.part")
    part, target = folder / f"{mark}.index.part", index_path(folder / rows_path.name)
    try:
        with rows_path.open("rb") as file:
            _add_all(writer, file)
        writer.close()
        writer.finish(rows_path, part)
        os.replace(part, target)
    finally:
        writer.discard()
        part.unlink(missing_ok=True)
    found = _read(rows_path, target)
    if found is None:  # the rows file is being changed
        raise FileNotFoundError(target)
    return found


def _add_all(writer: IndexWriter, lines: Iterable[bytes]) -> None:
    offset = 0
    for place, line in enumerate(lines):
        row = json.loads(line)
        writer.add(offset, row.get("id", place), row["split"], measure(row), others_of(row))
        offset += len(line)
