"""Messages between a process and its children: a length, then JSON. Nothing of a child is ever unpickled or run."""

from __future__ import annotations

import json
import select
import struct
import time
from collections.abc import Callable
from typing import Any

import orjson

_LENGTH = struct.Struct(">I")
BEAT = b"."  # "still at work": no answer, but a sign of life
PLACE = struct.Struct("q")  # which row a child works on: in memory that its parent reads when the child is no more
_QUICK, _EXACT = b"o", b"j"
_PIECE = 1 << 20


class TooLong(Exception):
    """A message beyond the limit."""


class TooLate(Exception):
    """Nothing came, or was taken, in time."""


class Closed(Exception):
    """The other side is gone."""


def packed(value: Any) -> bytes:
    """A message. What the quick library refuses (numbers of more than 64 bits, halves of characters) goes by the exact one."""
    try:
        return framed(_QUICK + orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    except (TypeError, ValueError):
        return framed(_EXACT + json.dumps(value, default=vars).encode())


def framed(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return _LENGTH.pack(len(payload)) + payload


def unpacked(payload: bytes) -> Any:
    """What `packed` was given."""
    return orjson.loads(payload[1:]) if payload[:1] == _QUICK else json.loads(payload[1:])


def receive(read: Callable[[int], bytes], most: int) -> bytes:
    """The next payload. Raises Closed or TooLong, or what `read` raises."""
    (length,) = _LENGTH.unpack(_exactly(read, _LENGTH.size))
    if length > most:
        raise TooLong(length)
    return _exactly(read, length)


def _exactly(read: Callable[[int], bytes], count: int) -> bytes:
    pieces, left = [], count
    while left:
        if not (piece := read(min(left, _PIECE))):
            raise Closed
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def wait_for(descriptor: int, event: int, end: float) -> None:
    """Until something can be read from a pipe, or written to it. Raises TooLate at the moment `end`, of the monotonic clock."""
    poll = select.poll()
    poll.register(descriptor, event)
    left = end - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TooLate
