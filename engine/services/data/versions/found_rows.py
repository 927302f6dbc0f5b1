"""The rows that the newest audit of a version found, for operations that repair them and for the page."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.audits.packing import unpack
from engine.data.operations.base import FoundRow
from engine.data.quality import check_of
from engine.services.data.versions.version_files import ready
from storage.queries import audits


def payload(ctx: Context, dataset_id: int, check: str, content_hash: str | None = None) -> bytes:
    """What a check found, packed. Raises Fault("data.audit.missing") where it was not made on this content."""
    content_hash = content_hash or ready(ctx, dataset_id).content_hash
    with ctx.db.read() as s:
        found = audits.newest_finding(s, dataset_id, content_hash or "", check)
    if found is None:
        raise Fault("data.audit.missing", check=check_of(check).label.as_dict())
    return found.payload


def found_rows(ctx: Context, dataset_id: int, check: str, content_hash: str | None = None) -> Iterator[FoundRow]:
    """All that the newest audit of a content (the present one) found with a check. Raises Fault("data.audit.missing")."""
    return unpack(payload(ctx, dataset_id, check, content_hash))
