"""Unfinished forms that survive a refresh and a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from storage.queries import drafts

LARGEST_BYTES = 256 * 1024


def load_draft(ctx: Context, kind: str) -> dict[str, Any]:
    """The draft of that kind ("train" ...); empty where there is none."""
    with ctx.db.read() as session:
        return drafts.get_draft(session, kind) or {}


def save_draft(ctx: Context, kind: str, data: Mapping[str, Any]) -> None:
    """Keep a draft over the one before. Raises Fault("draft.too_large")."""
    size = len(json.dumps(dict(data)))
    if size > LARGEST_BYTES:
        raise Fault("draft.too_large", kilobytes=size // 1024, most=LARGEST_BYTES // 1024)
    with ctx.db.write() as session:
        drafts.put_draft(session, kind, dict(data))


def clear_draft(ctx: Context, kind: str) -> None:
    """Start afresh."""
    with ctx.db.write() as session:
        drafts.delete_draft(session, kind)
