"""What a check found, packed: blocks of rows as compressed JSON behind an index of the blocks, so that a page reads one or two.

`TSF1`, four bytes with the length of the index (little-endian), the index {"blocks": [[rows, bytes], ...]}, the blocks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from engine.data.operations.base import FoundRow

_MARK = b"TSF1"
_BLOCK = 500


@dataclass(frozen=True)
class PackedFindings:
    """All that a check found: how many rows in how many groups, and the packed rest."""

    rows: int  # how many findings, one a row
    groups: int  # how many groups of rows that belong together
    payload: bytes  # as `pack` writes it and `unpack` reads it


def pack(found: Iterable[FoundRow]) -> PackedFindings:
    """Take in what a check finds, in its order."""
    import orjson

    blocks: list[bytes] = []
    sizes: list[list[int]] = []
    groups: set[int] = set()
    rest = iter(found)
    while part := list(islice(rest, _BLOCK)):
        groups |= {one.group for one in part if one.group is not None}
        blocks.append(zlib.compress(orjson.dumps([[one.row, one.group, one.detail] for one in part]), 6))
        sizes.append([len(part), len(blocks[-1])])
    index = orjson.dumps({"blocks": sizes})
    payload = b"".join([_MARK, len(index).to_bytes(4, "little"), index, *blocks])
    return PackedFindings(sum(count for count, _size in sizes), len(groups), payload)


def unpack(payload: bytes, offset: int = 0) -> Iterator[FoundRow]:
    """What was packed, from the row at `offset` on. Raises ValueError where it is no such payload."""
    import orjson

    if payload[:4] != _MARK:
        raise ValueError("not a packed finding")
    length = int.from_bytes(payload[4:8], "little")
    start = 8 + length
    for count, size in orjson.loads(payload[8:start])["blocks"]:
        if offset < count:
            block: list[Any] = orjson.loads(zlib.decompress(payload[start : start + size]))
            yield from (FoundRow(row, group, detail) for row, group, detail in block[offset:])
        offset = max(0, offset - count)
        start += size
