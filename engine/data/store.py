"""Normalised rows on disk: one JSON object a line, one file for each content, named by its hash, an index beside it."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from engine.data.index import SPLITS, IndexWriter, RowIndex, index_path
from engine.data.rows import Row
from engine.data.split import held_out
from engine.data.stats import Tally, measure

_ENCODER = json.JSONEncoder(ensure_ascii=False)
_PREFIXES = {split: f'{{"split": "{split}", ' for split in SPLITS}
_WIDTH = max(map(len, _PREFIXES.values()))  # every prefix fills it: a row's split can be changed in its place
_CHUNK = 2**20
_TELL_ROWS = 256


def _prefix(split: str) -> bytes:
    return _PREFIXES[split].ljust(_WIDTH).encode()


def read_rows(path: Path, split: str = "all", *, offset: int = 0) -> Iterator[Row]:
    """The rows of a file, in order, as `engine.data.rows` says. A row that was written without an id gets its place.

    Args:
        split: "all", "train", "val" or "test".
        offset: how many rows of that split to pass over first.
    """
    numbered = enumerate(lines_of(path))
    kept = (one for one in numbered if split not in SPLITS or belongs_to(one[1], split))
    for place, line in islice(kept, offset, None):
        row: Row = json.loads(line)
        row.setdefault("id", place)
        yield row


def lines_of(path: Path) -> Iterator[str]:
    """The rows of a file as they are written, for those who need few of very many."""
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from file


def belongs_to(line: str, split: str) -> bool:
    """Whether a written row belongs to a split."""
    return line.startswith(_PREFIXES[split])


def rows_of(path: Path, content_hash: str) -> Path:
    """The file of an earlier (or the present) import of the data set whose rows now lie at `path`."""
    return path.with_name(f"{content_hash}.jsonl")


def remove_rows(path: Path) -> None:
    """Delete a rows file and its index."""
    path.unlink(missing_ok=True)
    index_path(path).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished rows file."""

    path: Path
    content_hash: str
    train_rows: int
    val_rows: int
    duplicates: int
    test_rows: int = 0


@dataclass(frozen=True, slots=True)
class StoredVersion(Stored):
    """A finished rows file with what it holds and how it differs from the version before, in rows told apart by id."""

    stats: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, int] = field(default_factory=dict)


class _Draft:
    """Rows and their index on the way to disk. Nothing remains of one that was not kept."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.path = folder / f"{uuid.uuid4().hex}.part"
        self._file = self.path.open("wb")
        self.index = IndexWriter(self.path.with_suffix(".rows.part"))
        self.tally = Tally()
        self._at = 0

    def __enter__(self) -> _Draft:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()
        self.index.discard()
        self.path.unlink(missing_ok=True)

    def add(self, row: Row, row_id: int, split: str) -> None:
        """One more row, with this id and split whatever it says of itself."""
        rest = {key: value for key, value in row.items() if key not in ("split", "id")}
        line = _prefix(split) + b'"id": %d, ' % row_id + _ENCODER.encode(rest)[1:].encode("utf-8") + b"\n"
        found = measure(row)
        self.index.add(self._at, row_id, split, found)
        self.tally.accept(row, found)
        self._file.write(line)
        self._at += len(line)

    def close(self) -> None:
        """Everything is on disk."""
        self._file.close()
        self.index.close()

    def move(self, places: set[int], split: str) -> None:
        """Give rows another split, where they lie."""
        records = self.index.records()
        chosen = np.fromiter(sorted(places), dtype=np.int64, count=len(places))
        records["split"][chosen] = SPLITS.index(split)
        with self.path.open("r+b") as file:
            for offset in records["offset"][chosen].tolist():
                file.seek(offset)
                file.write(_prefix(split))

    def keep(self) -> tuple[Path, str]:
        """Name the file by its content, put it in its place with its index; returns path and hash."""
        digest = hashlib.sha256()
        with self.path.open("rb+") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            os.fsync(file.fileno())
        path = self._folder / f"{digest.hexdigest()}.jsonl"
        index = self.path.with_suffix(".index.part")
        try:
            self.index.finish(self.path, index)
            os.replace(index, index_path(path))
            os.replace(self.path, path)
        finally:
            index.unlink(missing_ok=True)
        return path, digest.hexdigest()


class RowsWriter:
    """Takes rows one by one, then splits them and names the file by its content. Leaves nothing behind on an error."""

    def __init__(self, folder: Path) -> None:
        self._draft = _Draft(folder)
        self._marks = array("Q")

    def __enter__(self) -> RowsWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._draft.__exit__(kind, error, tb)

    def __len__(self) -> int:
        return self._draft.index.count

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        return self._draft.tally

    def add(self, row: Row, row_id: int) -> None:
        """One more row."""
        self._draft.add(row, row_id, "train")

    def finish(self, fraction: float, seed: int) -> Stored:
        """Split the rows and put the file in its place."""
        self._draft.close()
        marks = self._draft.index.records()["fingerprint"]
        chosen = held_out(marks.tolist(), fraction, seed)
        duplicates = len(marks) - len(np.unique(marks))
        self._draft.move(chosen, "val")
        path, digest = self._draft.keep()
        return Stored(path, digest, len(marks) - len(chosen), len(chosen), duplicates)


def write_version(
    folder: Path, rows: Iterator[Row], before: RowIndex | None, tell: Callable[[int], None]
) -> StoredVersion:
    """Store the rows of a new version, each with its "id" and "split".

    Args:
        before: the version that it is made from, for the summary; None counts every row as added.
        tell: is called now and then with the number of rows so far; what it raises ends the work and leaves nothing.

    Raises:
        ValueError: when two rows have one id.
    """
    with _Draft(folder) as draft:
        for row in rows:
            draft.add(row, row["id"], row["split"])
            if draft.index.count % _TELL_ROWS == 0:
                tell(draft.index.count)
        draft.close()
        records = draft.index.records()
        if len(np.unique(records["id"])) < len(records):
            raise ValueError("two rows have one id")
        counts = np.bincount(records["split"], minlength=len(SPLITS)).tolist()
        duplicates = len(records) - len(np.unique(records["fingerprint"]))
        summary = _difference(before, records)
        path, digest = draft.keep()
        stats = draft.tally.as_dict(duplicates)
        return StoredVersion(path, digest, counts[0], counts[1], duplicates, counts[2], stats, summary)


def _difference(before: RowIndex | None, after: Any) -> dict[str, int]:
    """How many rows were dropped, added, changed in content and moved to another split."""
    if before is None:
        return {"dropped": 0, "added": len(after), "changed": 0, "moved": 0}
    _, old, new = np.intersect1d(before.id, after["id"], assume_unique=True, return_indices=True)
    return {
        "dropped": len(before) - len(old),
        "added": len(after) - len(new),
        "changed": int(np.count_nonzero(before.fingerprint[old] != after["fingerprint"][new])),
        "moved": int(np.count_nonzero(before.split[old] != after["split"][new])),
    }
