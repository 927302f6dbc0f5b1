"""Unfinished forms that survive a refresh and a restart. Each browser has its own."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from storage.queries import drafts

log = logging.getLogger("tunesmith.drafts")
Form = TypeVar("Form")
LARGEST_BYTES = 256 * 1024
KEPT_SECONDS = 90 * 24 * 3600  # since the last change
SHORTLY_S = 0.2  # that a page which opens waits while others write


def load_draft(ctx: Context, kind: str, browser: str = drafts.NO_BROWSER) -> dict[str, Any]:
    """The draft of that kind ("train" ...); empty where there is none.

    A draft that was made before browsers had their own becomes that of the first one that asks.
    """
    with ctx.db.read() as session:
        own = drafts.get_draft(session, kind, browser)
        waits = own is None and drafts.has_draft(session, kind)
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
        log.warning("A page opened without keeping its draft: %s", error)


@dataclass(frozen=True)
class OpenedDraft(Generic[Form]):
    """A draft as its page goes on with it."""

    form: Form  # an empty one where there was none, or none that can be read
    warnings: list[CodedMessage]  # what was wrong with the stored one


def open_draft(
    ctx: Context, kind: str, read: Callable[[dict[str, Any]], Form], browser: str = drafts.NO_BROWSER
) -> OpenedDraft[Form]:
    """The draft of that kind, checked. One that cannot be read is set aside in the database, and the page begins with an empty one.

    Args:
        read: makes the page's form of what is stored ({}: nothing yet), and raises Fault where that has not its shape.
    """
    try:
        kept = load_draft(ctx, kind, browser)
        if not isinstance(kept, dict):
            raise TypeError("not an object")
        return OpenedDraft(read(kept), [])
    except (Fault, ValueError, TypeError, RecursionError) as error:  # no JSON, not an object, of another shape
        log.warning("the draft %s of browser %r is set aside: %r", kind, browser, error)
    with while_opening(), ctx.db.write(SHORTLY_S) as session:
        drafts.set_aside(session, kind, browser)
    return OpenedDraft(read({}), [{"code": "draft.set_aside", "params": {}}])


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
