"""Normalised rows on disk: one JSON object a line, one file for each content, named by its hash, an index next to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.rows.drafts import PREFIXES, RowsDraft, put
from engine.data.rows.index import SPLITS, Column, RowIndex, changed, index_path, repeats
from engine.data.rows.row import Row
from engine.data.rows.split import held_out_places

_TELL_ROWS = 256


def read_rows(path: Path, split: str = "all", *, offset: int = 0) -> Iterator[Row]:
    """The rows of a file, in order, as `engine.data.rows.row` says. A row that was written without an id gets its place.

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
    return line.startswith(PREFIXES[split])


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

    path: Path  # of the rows file
    content_hash: str  # names the content and the file
    train_rows: int  # rows to train on
    val_rows: int  # rows held out for validation
    duplicates: int  # rows whose content an earlier row has
    test_rows: int = 0  # rows held out for the final test
    leaked: int = 0  # rows that came held out, with the content of a training row


@dataclass(frozen=True, slots=True)
class StoredVersion(Stored):
    """A finished rows file with what it holds and how it differs from the version before, in rows told apart by id."""

    stats: dict[str, Any] = field(default_factory=dict)  # as `Tally.as_dict` gives them
    summary: dict[str, int] = field(default_factory=dict)  # rows "dropped", "added", "changed", "moved"


def finish(draft: RowsDraft, folder: Path, fraction: float, seed: int) -> Stored:
    """Put the file of a closed draft in its place. Where no row validates yet, some of those for training will."""
    records = draft.index.records()
    marks, splits = np.ascontiguousarray(records["fingerprint"]), np.ascontiguousarray(records["split"])
    train, val, test = (np.flatnonzero(splits == code) for code in range(len(SPLITS)))
    leaked = _leaked(marks, train, np.concatenate([val, test]))
    if not len(val):
        chosen = held_out_places(marks[train], fraction, seed)
        val, train = train[chosen], np.delete(train, chosen)
        draft.move(val, "val")
    duplicates = repeats(marks)
    path, digest = draft.keep(folder)
    return Stored(path, digest, len(train), len(val), duplicates, len(test), leaked)


def _leaked(marks: Column, train: Column, held_out: Column) -> int:
    """How many held-out rows have the content of a training row."""
    return int(np.count_nonzero(np.isin(marks[held_out], marks[train]))) if len(held_out) else 0


def adopt(stored: Stored, folder: Path) -> Stored:
    """Move a finished file to another folder of the same disk."""
    path = folder / stored.path.name
    put(stored.path, index_path(stored.path), path)
    return replace(stored, path=path)


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
    draft = RowsDraft(folder / f"{uuid.uuid4().hex}.part")
    try:
        return _version(draft, folder, rows, before, tell)
    finally:
        draft.discard()


def _version(
    draft: RowsDraft, folder: Path, rows: Iterator[Row], before: RowIndex | None, tell: Callable[[int], None]
) -> StoredVersion:
    with draft:
        for row in rows:
            draft.add(row, row["id"], row["split"])
            if len(draft) % _TELL_ROWS == 0:
                tell(len(draft))
    records = draft.index.records()
    if repeats(records["id"]):
        raise ValueError("two rows have one id")
    counts = np.bincount(records["split"], minlength=len(SPLITS)).tolist()
    duplicates = repeats(records["fingerprint"])
    summary = _difference(before, records)
    path, digest = draft.keep(folder)
    stats = draft.tally.as_dict(duplicates)
    return StoredVersion(path, digest, counts[0], counts[1], duplicates, counts[2], stats=stats, summary=summary)


def _difference(before: RowIndex | None, after: Any) -> dict[str, int]:
    """How many rows were dropped, added, changed in content or other columns, and moved to another split."""
    if before is None:
        return {"dropped": 0, "added": len(after), "changed": 0, "moved": 0}
    _, old, new = np.intersect1d(before.id, after["id"], assume_unique=True, return_indices=True)
    return {
        "dropped": len(before) - len(old),
        "added": len(after) - len(new),
        "changed": int(np.count_nonzero(changed(before, after, old, new))),
        "moved": int(np.count_nonzero(before.split[old] != after["split"][new])),
    }
