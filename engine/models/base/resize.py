"""A copy of a model with a row for each token of its tokenizer: written tensor by tensor, so it takes no memory to speak of.

New rows are the mean of those that the model has, a little apart from one another: tokens with the very same row could
never be told apart, neither by an adapter nor in the answer. (transformers draws them from the same distribution with a
billionth of its spread, which 16 bits round away; Hewitt 2021, Initializing new word embeddings.)
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import Fault
from engine.core.small_files import read_object
from engine.models.base.download_progress import ByteProgress
from engine.models.base.embedding import TokenTables, find_tables
from engine.models.base.inspect import weight_files
from engine.models.base.tensors import METADATA, StoredTensor, read_header
from engine.models.base.vocabulary import RESIZED, VOCABULARY_KEYS, text_part

_APART = 0.1  # of a column's spread
_BLOCK = 4 * 1024 * 1024
_INDEX = "model.safetensors.index.json"
_COPIED = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken")
_SPARE = 1.05
_GB = 1e9
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class _Format:
    """How numbers are stored: the type that they are read as, and whether those are the upper halves of fp32 (bf16)."""

    stored: str
    upper_half: bool = False

    def read(self, data: bytes) -> Numbers:
        found = np.frombuffer(data, self.stored)
        if self.upper_half:
            return (found.astype(np.uint32) << 16).view(np.float32)
        return found.astype(np.float32)

    def write(self, numbers: NDArray[np.float64]) -> bytes:
        if not self.upper_half:
            return numbers.astype(self.stored).tobytes()
        bits = numbers.astype(np.float32).view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(self.stored).tobytes()


_FORMATS = {
    "F32": _Format("<f4"),
    "F16": _Format("<f2"),
    "F64": _Format("<f8"),
    "BF16": _Format("<u2", upper_half=True),
}


def resize(source: Path, target: Path, needed: int, progress: ByteProgress) -> None:
    """Write the model of `source` with at least `needed` rows to the folder `target`, which is complete or not there.

    Raises:
        Fault: "model.not_resizable", "model.no_disk", "model.file_broken".
        Cancelled: the user no longer wants it.
    """
    files = weight_files(source)
    tables = _tables(files)
    rows = max(needed, tables.rows)
    whole = sum(one.bytes for file in files for one in read_header(file)[0])
    added = sum((rows - _entries(one)) * _entry_bytes(one) for one in tables.known)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _need_disk(partial, whole + added)
    progress.phase("resizing", whole + added)
    for file in files:
        _write(file, partial / file.name, {one.name for one in tables.known}, rows, progress)
    _write_settings(source, partial, rows, tables.rows, added)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def _tables(files: Sequence[Path]) -> TokenTables:
    tables = find_tables(files)
    if tables is None:
        raise Fault("model.not_resizable", tensor="?")
    strange = [one.name for one in tables.strange] + [one.name for one in tables.known if one.dtype not in _FORMATS]
    if strange:
        raise Fault("model.not_resizable", tensor=strange[0])
    return tables


def _need_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed * _SPARE > free:
        raise Fault("model.no_disk", need_gb=f"{needed / _GB:.2f}", free_gb=f"{free / _GB:.2f}")


# ------------------------------------------------------------------ settings


def _write_settings(source: Path, target: Path, rows: int, before: int, added: int) -> None:
    """The other files of the model, with the number of rows where it is said."""
    for pattern in _COPIED:
        for file in source.glob(pattern):
            if file.is_file():
                shutil.copyfile(file, target / file.name)
    config = read_object(source / "config.json")
    part: Any = text_part(config)
    part |= {key: rows for key in VOCABULARY_KEYS if key in part or key == VOCABULARY_KEYS[0]}
    _write_json(target / "config.json", config)
    _write_json(target / RESIZED, {"rows": before})
    if (source / _INDEX).is_file():
        index = read_object(source / _INDEX)
        metadata = index.setdefault("metadata", {})
        metadata["total_size"] = int(metadata.get("total_size") or 0) + added
        _write_json(target / _INDEX, index)


def _write_json(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")


# ------------------------------------------------------------------ weights


def _write(source: Path, target: Path, resized: set[str], rows: int, progress: ByteProgress) -> None:
    """One file with the new sizes; every number that was there stays as it is."""
    tensors, metadata = read_header(source)
    fresh = [_with_rows(one, rows) if one.name in resized else one for one in tensors]
    header: dict[str, Any] = {METADATA: dict(metadata)} if metadata else {}
    place = 0
    for one in fresh:
        header[one.name] = {"dtype": one.dtype, "shape": one.shape, "data_offsets": (place, place + one.bytes)}
        place += one.bytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with source.open("rb") as old, target.open("wb") as new:
        new.write(len(head).to_bytes(8, "little") + head)
        for before, after in zip(tensors, fresh, strict=True):
            for block in _blocks(old, before, _BLOCK):
                new.write(block)
                progress.more(len(block))
            if count := _entries(after) - _entries(before):
                more = _new_entries(old, before, count)
                new.write(more)
                progress.more(len(more))


def _entries(one: StoredTensor) -> int:
    """Tokens that it has a row, or a number, for: a bias may have shape (1, tokens)."""
    return one.shape[-1] if _flat(one) else one.shape[0]


def _entry_bytes(one: StoredTensor) -> int:
    return one.bytes // _entries(one)


def _flat(one: StoredTensor) -> bool:
    return len(one.shape) == 1 or one.shape[0] == 1


def _with_rows(one: StoredTensor, rows: int) -> StoredTensor:
    """The tensor with so many entries; one that has more already keeps them."""
    rows = max(rows, _entries(one))
    shape = (*one.shape[:-1], rows) if _flat(one) else (rows, *one.shape[1:])
    return replace(one, shape=shape, bytes=rows * _entry_bytes(one))


def _blocks(file: IO[bytes], one: StoredTensor, size: int) -> Iterator[bytes]:
    file.seek(one.start)
    left = one.bytes
    while left:
        block = file.read(min(size, left))
        if not block:
            raise Fault("model.file_broken", file=one.file.name)
        left -= len(block)
        yield block


def _new_entries(file: IO[bytes], one: StoredTensor, count: int) -> bytes:
    """The mean of the entries, each with a small step of its own, the same at every time. A bias gets the plain mean."""
    form, mean, spread = _FORMATS[one.dtype], *_moments(file, one)
    steps = np.random.default_rng(_entries(one)).standard_normal((count, len(mean)))
    return form.write(mean + (0.0 if _flat(one) else _APART) * spread * steps)


def _moments(file: IO[bytes], one: StoredTensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and spread of each column over the entries that are not all zeros: those were never learnt."""
    columns = _entry_bytes(one) // np.dtype(_FORMATS[one.dtype].stored).itemsize
    whole = max(1, _BLOCK // _entry_bytes(one)) * _entry_bytes(one)
    count, total, squares = 0, np.zeros(columns), np.zeros(columns)
    for block in _blocks(file, one, whole):
        rows = _FORMATS[one.dtype].read(block).reshape(-1, columns).astype(np.float64)
        rows = rows[rows.any(axis=1)]
        count += len(rows)
        total += rows.sum(axis=0)
        squares += (rows**2).sum(axis=0)
    mean = total / max(1, count)
    return mean, np.sqrt(np.maximum(squares / max(1, count) - mean**2, 0.0))
