"""Unfinished forms that survive a refresh and a restart. Each browser has its own."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from engine.core.context import Context
from engine.core.errors import Fault
from storage.queries import drafts

LARGEST_BYTES = 256 * 1024
KEPT_SECONDS = 90 * 24 * 3600  # since the last change
SHORTLY_S = 0.2  # that a page which opens waits while others write
_log = logging.getLogger(__name__)


def load_draft(ctx: Context, kind: str, browser: str = drafts.NO_BROWSER) -> dict[str, Any]:
    """The draft of that kind ("train" ...); empty where there is none.

    A draft that was made before browsers had their own becomes that of the first one that asks.
    """
    with ctx.db.read() as session:
        own = drafts.get_draft(session, kind, browser)
        waits = own is None and drafts.get_draft(session, kind) is not None
        found = drafts.get_draft(session, kind) if waits else own
    if waits:
        with while_opening(), ctx.db.write(SHORTLY_S) as session:
            drafts.adopt_draft(session, kind, browser)
            found = drafts.get_draft(session, kind, browser)
    return found or {}


@contextmanager
def while_opening() -> Iterator[None]:
    """Within, what a page writes as it opens may fail: it shows what there is all the same."""
    try:
        yield
    except (DBAPIError, OSError) as error:
        _log.warning("A page opened without keeping its draft: %s", error)


def note_draft(ctx: Context, kind: str, data: Mapping[str, Any], browser: str = drafts.NO_BROWSER) -> None:
    """As `save_draft`, of what a page opens with: kept where that is possible at once."""
    with while_opening():
        save_draft(ctx, kind, data, browser, patience_s=SHORTLY_S)


def save_draft(
    ctx: Context,
    kind: str,
    data: Mapping[str, Any],
    browser: str = drafts.NO_BROWSER,
    *,
    patience_s: float | None = None,
) -> None:
    """Keep a draft over the one before; those that were left alone for long go. Raises Fault("draft.too_large")."""
    size = len(json.dumps(dict(data)))
    if size > LARGEST_BYTES:
        raise Fault("draft.too_large", kilobytes=size // 1024, most=LARGEST_BYTES // 1024)
    with ctx.db.write(patience_s) as session:
        drafts.delete_drafts_before(session, time.time() - KEPT_SECONDS)
        drafts.put_draft(session, kind, dict(data), browser)


def clear_draft(ctx: Context, kind: str, browser: str = drafts.NO_BROWSER) -> None:
    """Start afresh."""
    with ctx.db.write() as session:
        drafts.delete_draft(session, kind, browser)
