"""Unfinished forms, one for each owner and kind."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.base import LOCAL_OWNER
from storage.dialect import upsert
from storage.tables import Draft


def get_draft(session: Session, kind: str, owner: str = LOCAL_OWNER) -> dict[str, Any] | None:
    """What was last saved; None where there is no draft."""
    return session.scalar(select(Draft.data).where(Draft.owner == owner, Draft.kind == kind))


def put_draft(session: Session, kind: str, data: dict[str, Any], owner: str = LOCAL_OWNER) -> None:
    """Save over whatever was there."""
    new = {"data": data, "updated_at": time.time()}
    session.execute(upsert(Draft, ("owner", "kind"), new).values(owner=owner, kind=kind, **new))


def delete_draft(session: Session, kind: str, owner: str = LOCAL_OWNER) -> None:
    """Forget the draft, if there is one."""
    session.execute(delete(Draft).where(Draft.owner == owner, Draft.kind == kind))
