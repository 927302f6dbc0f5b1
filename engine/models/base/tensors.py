"""Which tensors lie in a model's safetensors files, by their headers: names, number formats, sizes and places. No weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.small_files import object_in, opened

_MOST_IN_BYTE = 8  # numbers
LONGEST_HEADER = 100 * 1024 * 1024
METADATA = "__metadata__"  # the one name in a header that is no tensor's


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a file.

    Attributes:
        name: as the model calls it.
        file: that it lies in.
        dtype: as safetensors calls it: "BF16", "F32" ...
        shape: its sizes.
        start: first byte in the file.
        bytes: how many it takes up.
    """

    name: str
    file: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    bytes: int

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def row_bytes(self) -> int:
        """Bytes of one entry of its first dimension."""
        return self.bytes // self.shape[0] if self.shape and self.shape[0] else 0


def read_header(file: Path) -> tuple[list[StoredTensor], Mapping[str, str]]:
    """The tensors of a file in the order of their bytes, and its metadata.

    Raises:
        Fault: "model.file_broken", also for a truncated file.
    """
    try:
        with opened(file) as stream:
            size = file.stat().st_size
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(LONGEST_HEADER, size - 8):
                raise ValueError(length)
            header = object_in(stream.read(length), file.name)
        return _tensors(file, header, 8 + length, size), dict(header.get(METADATA) or {})
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise Fault("model.file_broken", file=file.name) from None


def tensors_in(name: str, beginning: bytes, size: int) -> list[StoredTensor]:
    """The tensors of a file that is not here, in the order of their bytes.

    Args:
        name: of the file.
        beginning: its header, with the length before it.
        size: of the whole file.

    Raises:
        Fault: "model.file_broken".
    """
    try:
        return _tensors(Path(name), object_in(beginning[8:], name), len(beginning), size)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise Fault("model.file_broken", file=name) from None


def _tensors(file: Path, header: Mapping[str, Any], data: int, size: int) -> list[StoredTensor]:
    found = [_tensor(file, name, entry, data) for name, entry in header.items() if name != METADATA]
    if max((one.start + one.bytes for one in found), default=data) != size:
        raise ValueError(size)
    return sorted(found, key=lambda one: one.start)


def _tensor(file: Path, name: str, entry: Mapping[str, object], data: int) -> StoredTensor:
    first, last = (int(place) for place in entry["data_offsets"])  # type: ignore[attr-defined]
    shape = tuple(int(size) for size in entry["shape"])  # type: ignore[attr-defined]
    if not 0 <= first <= last or min(shape, default=0) < 0 or math.prod(shape) > _MOST_IN_BYTE * (last - first):
        raise ValueError(name)
    return StoredTensor(name, file, str(entry["dtype"]), shape, data + first, last - first)
