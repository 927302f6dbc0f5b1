"""What goes out: one body, or events one after the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from webui.api.shapes import Json

LAST = b"data: [DONE]\n\n"
WAIT = b": the model is on its way\n\n"  # a comment, which readers pass over


@dataclass(frozen=True)
class Whole:
    """The body of an answer that comes at once."""

    body: bytes  # JSON


@dataclass(frozen=True)
class Event:
    """A part of a stream."""

    lines: bytes  # as they are sent


Sent = Whole | Event


def whole(value: Json) -> Whole:
    """An answer that comes at once."""
    return Whole(_json(value))


def event(value: Json) -> Event:
    """One event."""
    return Event(b"data: " + _json(value) + b"\n\n")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
