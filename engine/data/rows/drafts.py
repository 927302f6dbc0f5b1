"""A rows file on its way to disk, with its index. What is not kept leaves nothing; a kept state can be gone on from."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from engine.data.rows.index import SPLITS, Column, IndexWriter, Languages, entry, index_path, others_of
from engine.data.rows.row import Row
from engine.data.rows.stats import Tally, measure

PREFIXES = {split: f'{{"split": "{split}", ' for split in SPLITS}
_WIDTH = max(map(len, PREFIXES.values()))  # every prefix fills it: a row's split can be changed in its place
_HEADS = {split: prefix.ljust(_WIDTH).encode() + b'"id": %d, ' for split, prefix in PREFIXES.items()}
_NO_EXTRA: dict[str, Any] = {}
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_CHUNK = 2**20
_BUFFER = 2**20


@dataclass(frozen=True, slots=True)
class MadeRows:
    """Some rows as they are stored, still in memory, made by any process.

    Attributes:
        lines: the rows as they are written, each with its line end.
        entries: of the index, packed; offsets count from the first of these rows.
        languages: what the entries' codes of languages mean, in order.
        tally: what was counted, as `Tally.state` gives it.
    """

    lines: bytes
    entries: bytes
    languages: tuple[str, ...]
    tally: dict[str, Any]


def made_rows(rows: Iterable[tuple[Row, int, str]]) -> MadeRows:
    """Rows with their ids and splits, made; what they say of their own id and split does not count."""
    lines, entries, languages, tally = bytearray(), bytearray(), Languages(), Tally()
    for row, row_id, split in rows:
        found = measure(row)
        entries += entry(len(lines), row_id, split, found, others_of(row), languages)
        tally.accept(row, found)
        lines += _line(row, row_id, split)
    return MadeRows(bytes(lines), bytes(entries), tuple(languages), tally.state())


class RowsDraft:
    """Takes rows one by one. Used as a context: on leaving, its files are closed; `discard` removes them.

    Args:
        path: where the rows are written meanwhile; the index lies next to it.
        state: what `state()` gave: everything behind it is cut off, and writing goes on there.
    """

    def __init__(self, path: Path, state: Mapping[str, Any] | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._at = state["bytes"] if state else 0
        self._file = _open_at(path, self._at)
        self.index = IndexWriter(path.with_suffix(".numbers.part"), state["index"] if state else None)
        self.tally = Tally(state["tally"] if state else None)

    def __enter__(self) -> RowsDraft:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            self.close()
        except OSError:  # a full disk: another error is on its way already
            if error is None:
                raise

    def discard(self) -> None:
        """Leave nothing behind."""
        self.index.discard()
        self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return self.index.count

    def add(self, row: Row, row_id: int, split: str) -> None:
        """One more row; what it says of its own id and split does not count."""
        line = _line(row, row_id, split)
        found = measure(row)
        self.index.add(self._at, row_id, split, found, others_of(row))
        self.tally.accept(row, found)
        self._file.write(line)
        self._at += len(line)

    def append(self, made: MadeRows) -> None:
        """Rows that were made elsewhere."""
        self.index.append(self._at, made.entries, made.languages)
        self.tally.add(made.tally)
        self._file.write(made.lines)
        self._at += len(made.lines)

    def close(self) -> None:
        """Write out what waits."""
        try:
            self._file.close()
        finally:
            self.index.close()

    def state(self) -> dict[str, Any]:
        """What is safely on disk by now, as JSON."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return {"bytes": self._at, "index": self.index.state(), "tally": self.tally.state()}

    def move(self, places: Column, split: str) -> None:
        """Give rows another split, where they lie. Only after `close`."""
        records = self.index.records()
        records["split"][places] = SPLITS.index(split)
        prefix = PREFIXES[split].ljust(_WIDTH).encode()
        with self.path.open("r+b", buffering=0) as file:
            for offset in records["offset"][places].tolist():
                os.pwrite(file.fileno(), prefix, offset)

    def keep(self, folder: Path) -> tuple[Path, str]:
        """Name the file by its content and put it into the folder with its index; returns path and hash. Only after `close`."""
        digest = hashlib.sha256()
        with self.path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            os.fsync(file.fileno())
        path = folder / f"{digest.hexdigest()}.jsonl"
        index = self.path.with_suffix(".index.part")
        try:
            self.index.finish(self.path, index)
            put(self.path, index, path)
        finally:
            index.unlink(missing_ok=True)
        return path, digest.hexdigest()


def put(rows: Path, index: Path, target: Path) -> None:
    """Move a rows file and its index to where they stay: the index first, so that no reader misses it."""
    os.replace(index, index_path(target))
    os.replace(rows, target)


def _open_at(path: Path, size: int) -> Any:
    """Open for writing behind the first `size` bytes; what follows them is cut off."""
    file = path.open("r+b" if size else "wb", buffering=_BUFFER)
    file.truncate(size)
    file.seek(size)
    return file


def _line(row: Row, row_id: int, split: str) -> bytes:
    return _HEADS[split] % row_id + _encode(row)[1:]


def _encode(row: Row) -> bytes:
    """The row as JSON with a line end, without its split and id."""
    if "split" in row or "id" in row:
        row = {key: value for key, value in row.items() if key != "split" and key != "id"}
    if _is_plain(row):
        try:
            return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # a whole number of more than 64 bits
            pass
    return _ENCODER.encode(row).encode("utf-8") + b"\n"


def _is_plain(row: Row) -> bool:
    """Whether the quick encoder changes nothing: it has no word for numbers that are not finite."""
    if "tools" in row:
        return False
    for message in row.get("messages", ()):
        if len(message) > 2:  # calls of functions
            return False
    for value in row.get("extra", _NO_EXTRA).values():
        if type(value) is float and not math.isfinite(value):
            return False
    return True
