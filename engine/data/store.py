"""Normalised rows on disk: one JSON object a line, one file for each content, named by its hash."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.data.split import fingerprint, held_out
from engine.data.stats import row_texts

_ENCODER = json.JSONEncoder(ensure_ascii=False)
SPLITS = ("train", "val")


def _prefix(split: str) -> str:
    return f'{{"split": "{split}", '


def read_rows(path: Path, split: str = "all", *, offset: int = 0) -> Iterator[dict[str, Any]]:
    """The rows of a file, in order: {"split", "line", "messages" or "text"}.

    Args:
        split: "all", "train" or "val".
        offset: how many rows of that split to pass over first.
    """
    kept = (line for line in lines_of(path) if split not in SPLITS or belongs_to(line, split))
    for line in islice(kept, offset, None):
        yield json.loads(line)


def lines_of(path: Path) -> Iterator[str]:
    """The rows of a file as they are written, for those who need few of very many."""
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from file


def belongs_to(line: str, split: str) -> bool:
    """Whether a written row belongs to a split."""
    return line.startswith(_prefix(split))


def rows_of(path: Path, content_hash: str) -> Path:
    """The file of an earlier (or the present) import of the data set whose rows now lie at `path`."""
    return path.with_name(f"{content_hash}.jsonl")


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished rows file."""

    path: Path
    content_hash: str
    train_rows: int
    val_rows: int
    duplicates: int


class RowsWriter:
    """Takes rows one by one, then splits them and names the file by its content. Leaves nothing behind on an error."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._draft = folder / f"{uuid.uuid4().hex}.part"
        self._file = self._draft.open("w", encoding="utf-8", newline="\n")
        self._marks = array("Q")

    def __enter__(self) -> RowsWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._marks)

    def add(self, row: dict[str, Any]) -> None:
        """One more row."""
        self._file.write(_ENCODER.encode(row)[1:] + "\n")
        roles = [message["role"] for message in row.get("messages", ())]
        self._marks.append(fingerprint("\0".join([*roles, *row_texts(row)])))  # no text holds a NUL

    def finish(self, fraction: float, seed: int) -> Stored:
        """Split the rows and put the file in its place."""
        self._file.close()
        chosen = held_out(self._marks, fraction, seed)
        target = self._draft.with_suffix(".split")
        try:
            digest = self._write_split(target, chosen)
            path = self._folder / f"{digest}.jsonl"
            os.replace(target, path)
        finally:
            target.unlink(missing_ok=True)
        total = len(self._marks)
        return Stored(path, digest, total - len(chosen), len(chosen), total - len(set(self._marks)))

    def _write_split(self, target: Path, chosen: set[int]) -> str:
        digest = hashlib.sha256()
        with self._draft.open(encoding="utf-8", newline="\n") as source, target.open("wb") as file:
            for place, line in enumerate(source):
                data = (_prefix("val" if place in chosen else "train") + line).encode("utf-8")
                digest.update(data)
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest()
