"""Unfinished forms that survive a refresh and a restart. Each browser has its own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from storage.queries import drafts

LARGEST_BYTES = 256 * 1024
KEPT_SECONDS = 90 * 24 * 3600  # since the last change


def load_draft(ctx: Context, kind: str, browser: str = drafts.NO_BROWSER) -> dict[str, Any]:
    """The draft of that kind ("train" ...); empty where there is none.

    A draft that was made before browsers had their own becomes that of the first one that asks.
    """
    with ctx.db.read() as session:
        own = drafts.get_draft(session, kind, browser)
        waits = own is None and drafts.get_draft(session, kind) is not None
    if not waits:
        return own or {}
    with ctx.db.write() as session:
        drafts.adopt_draft(session, kind, browser)
        return drafts.get_draft(session, kind, browser) or {}


def save_draft(ctx: Context, kind: str, data: Mapping[str, Any], browser: str = drafts.NO_BROWSER) -> None:
    """Keep a draft over the one before; those that were left alone for long go. Raises Fault("draft.too_large")."""
    size = len(json.dumps(dict(data)))
    if size > LARGEST_BYTES:
        raise Fault("draft.too_large", kilobytes=size // 1024, most=LARGEST_BYTES // 1024)
    with ctx.db.write() as session:
        drafts.delete_drafts_before(session, time.time() - KEPT_SECONDS)
        drafts.put_draft(session, kind, dict(data), browser)


def clear_draft(ctx: Context, kind: str, browser: str = drafts.NO_BROWSER) -> None:
    """Start afresh."""
    with ctx.db.write() as session:
        drafts.delete_draft(session, kind, browser)
